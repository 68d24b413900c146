package import Support

/// A message to one receiver that was not delivered, or not yet.
package struct OutboxRow: Sendable, Equatable {
  /// Rises with time; operators name a message by it.
  package var number: Int64 = 0
  package var receiver: String
  /// The same for the same news.
  package var id: String
  /// Messages of equal keys reach a receiver in order.
  package var orderingKey: String
  /// One line for operators.
  package var title: String
  /// The news as whoever sends it keeps it.
  package var body: [UInt8]
  package var created: Timestamp
  /// When it is tried next.
  package var due: Timestamp
  package var attempts = 0
  /// The receiver did not let it in at the last attempt.
  package var isBarred = false
  /// When it was given up; nil while it waits.
  package var givenUp: Timestamp?
  /// What came of the last attempt, for people.
  package var answer = ""

  /// A message that is due as soon as it is written.
  package init(
    receiver: String, id: String, orderingKey: String, title: String, body: [UInt8],
    created: Timestamp
  ) {
    self.receiver = receiver
    self.id = id
    self.orderingKey = orderingKey
    self.title = title
    self.body = body
    self.created = created
    due = created
  }
}

/// What came of an attempt to deliver a message.
package struct OutboxChange: Sendable, Equatable {
  package enum Fate: Sendable, Equatable {
    case delivered
    case waits(until: Timestamp)
    case givenUp(at: Timestamp)
  }

  package var number: Int64
  package var receiver: String
  package var fate: Fate
  package var attempts: Int
  package var isBarred: Bool
  package var answer: String
  /// From this moment on all that waits for the receiver is due.
  package var allDueFrom: Timestamp?

  package init(
    number: Int64, receiver: String, fate: Fate, attempts: Int, isBarred: Bool, answer: String,
    allDueFrom: Timestamp? = nil
  ) {
    self.number = number
    self.receiver = receiver
    self.fate = fate
    self.attempts = attempts
    self.isBarred = isBarred
    self.answer = answer
    self.allDueFrom = allDueFrom
  }
}
