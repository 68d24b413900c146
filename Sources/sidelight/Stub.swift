import Support

enum CheckCommand { static func run(_ a: Arguments) throws(CommandFailure) {} }
enum ImportCommand { static func run(_ a: Arguments) throws(CommandFailure) {} }
