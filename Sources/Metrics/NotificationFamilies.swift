extension Catalogue {
  /// What receivers are told.
  static let notifications = Section(
    title: "Notifications",
    descriptors: [
      Descriptor(
        .notifications, "llm_notifications_total", .counter, [.receiver, .result],
        help: "What came of attempts to tell a receiver something; result is delivered, retried"
          + " (it failed and will be tried again) or given_up."),
      Descriptor(
        .notificationsPending, "llm_notifications_pending", .gauge, [.receiver],
        origin: .collected, help: "Notifications that wait to be delivered."),
      Descriptor(
        .oldestPendingNotification, "llm_notification_oldest_pending_timestamp_seconds", .gauge,
        origin: .collected,
        help: "When the oldest notification that still waits was made, in seconds since 1970;"
          + " absent when none does."),
    ])
}
