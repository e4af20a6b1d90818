public import SystemPackage

/// A system call that failed; `description` is one sentence for a person.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A verb that the path completes: "write to", "make the directory".
    public let operation: String
    public let path: String
    public let errno: Errno
    /// What is known beyond the error's number, for example where a file ended too early.
    public let detail: String?

    public init(_ operation: String, _ path: String, _ errno: Errno, detail: String? = nil) {
        self.operation = operation
        self.path = path
        self.errno = errno
        self.detail = detail
    }

    /// The same with an error that swift-system throws without its type.
    init(_ operation: String, _ path: String, _ error: any Error) {
        self.init(operation, path, error as? Errno ?? .ioError, detail: nil)
    }

    public var reason: String { detail ?? errno.description }
    public var description: String { "cannot \(operation) \(path): \(reason)" }
}

/// An error that has a case for failed system calls, so that a module can have files that throw its own errors:
///
///     typealias Files = HostSystem.Files<PayloadError>
public protocol SystemFailure: Error {
    init(_ error: SystemError)
}

extension SystemError: SystemFailure {
    public init(_ error: SystemError) { self = error }
}
