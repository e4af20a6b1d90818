private import Foundation

/// A file with a name of its own that goes with its owner: for programs that take what they read by name only. Its owner alone may read it.
public struct TemporaryFile<Failure: SystemFailure>: ~Copyable {
    public let path: String

    public init(_ bytes: [UInt8]) throws(Failure) {
        path = NSTemporaryDirectory() + "/slipway-\(UUID().uuidString)"
        try Files<Failure>.write(bytes, to: path)
    }

    deinit { try? Files<Failure>.remove(path) }
}
