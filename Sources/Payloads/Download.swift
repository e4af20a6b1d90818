import Archive
import BundleFormat
import Foundation
import SystemPackage
import Values

/// Fetches one address into the store, however often the connection breaks. Blocks its thread.
struct Download: Sendable {
    let store: PayloadStore
    let environment: [String: String]
    let retries: RetryPolicy

    /// The most that is fetched of a payload whose size is not known yet.
    private static let sizeLimit: Int64 = 64 << 30

    /// Fetches what the lock file pins and goes on where an earlier run stopped.
    ///
    /// The server is not asked whether its file is still the same (If-Range): the digest tells, and when a resumed file is not
    /// right it is fetched once more from its start.
    func fetch(_ payload: LockedPayload, _ address: String, _ progress: (Int64) -> Void) throws(PayloadError)
        -> FetchOutcome
    {
        var partial = try PartialFile.open(store.partials.appending(payload.digest.hex))
        // Another process may have been faster while this one waited for the lock.
        if store.location(of: payload.digest) != nil {
            partial.remove()
            return .present
        }
        var isResumed = partial.size > 0
        while true {
            if partial.size > payload.size { try partial.empty() }
            do throws(PayloadError) {
                try complete(&partial, payload.name, address, size: payload.size, canResume: true, progress)
                try payload.check(partial.digest())
                try partial.adopt(into: store, as: payload.digest)
                return isResumed ? .resumed : .fetched
            } catch {
                switch error {
                case .wrongDigest, .wrongSize: break
                default: throw error
                }
                guard isResumed else {
                    partial.remove()
                    throw error
                }
                isResumed = false
                try partial.empty()
            }
        }
    }

    /// Fetches an address of which nothing is known yet, always from its start: nothing could tell that a resumed file is right.
    func pin(_ name: String, _ address: String, _ progress: (Int64) -> Void) throws(PayloadError) -> (
        digest: Digest, size: Int64
    ) {
        let key = Digest(hashing: Array(address.utf8)).hex
        var partial = try PartialFile.open(store.partials.appending("pin-\(key)"))
        try partial.empty()
        try complete(&partial, name, address, size: nil, canResume: false, progress)
        let found = try partial.digest()
        try partial.adopt(into: store, as: found.digest)
        return found
    }

    /// Calls curl until the file is complete.
    private func complete(
        _ partial: inout PartialFile, _ name: String, _ address: String, size: Int64?, canResume: Bool,
        _ progress: (Int64) -> Void
    ) throws(PayloadError) {
        let curl = try Transfer.executable("curl", environment)
        var failures = 0
        var furthest = partial.size
        while partial.size != size || size == nil {
            let before = partial.size
            let command = CurlCommand(executable: curl, address: address, offset: before, environment: environment)
            progress(before)
            let result = try Transfer.run(command) { (bytes) throws(PayloadError) in
                let received = partial.size + Int64(bytes.count)
                guard received <= size ?? Self.sizeLimit else {
                    throw .wrongSize(name: name, address: address, expected: size ?? Self.sizeLimit, found: received)
                }
                try partial.append(bytes)
                progress(received)
            }
            switch result.verdict {
            case .complete:
                guard let size, partial.size < size else { return }
                // The whole of what the server has, not a rest that was cut off.
                guard before > 0 else {
                    throw .wrongSize(name: name, address: address, expected: size, found: partial.size)
                }
            case .interrupted: break
            case .cannotResume: try partial.empty()
            case .refused(let status): throw .refusedByServer(name: name, address: address, status: status)
            case .failed: throw .transfer(name: name, address: address, message: result.message)
            }
            if !canResume { try partial.empty() }
            failures = partial.size > furthest ? 0 : failures + 1
            furthest = max(furthest, partial.size)
            guard failures < retries.attempts else {
                let message =
                    result.verdict == .complete ? "it ends after \(partial.size) of \(size ?? 0) bytes" : result.message
                throw .transfer(name: name, address: address, message: message)
            }
            Thread.sleep(forTimeInterval: retries.pause * Double(1 << failures) / 2)
        }
    }
}

/// How often a broken transfer is taken up again.
public struct RetryPolicy: Hashable, Sendable {
    /// Attempts in a row that bring nothing new before it is given up.
    public let attempts: Int
    /// Seconds before the second attempt; doubled each time.
    public let pause: Double

    public init(attempts: Int, pause: Double) {
        self.attempts = attempts
        self.pause = pause
    }

    /// Four attempts within about four seconds.
    public static let standard = RetryPolicy(attempts: 4, pause: 0.5)
}

/// A file in the store that is being fetched, locked for this process.
struct PartialFile: ~Copyable {
    let path: FilePath
    private let file: FileDescriptor
    private(set) var size: Int64

    static func open(_ path: FilePath) throws(PayloadError) -> PartialFile {
        let file = try StoreFiles.openLocked(path)
        do throws(PayloadError) {
            return PartialFile(path: path, file: file, size: try StoreFiles.size(of: file, path))
        } catch {
            try? file.close()
            throw error
        }
    }

    deinit { try? file.close() }

    mutating func append(_ bytes: Span<UInt8>) throws(PayloadError) {
        do { try unsafe bytes.withUnsafeBytes { _ = try unsafe file.writeAll(toAbsoluteOffset: size, $0) } } catch {
            throw failure(error)
        }
        size += Int64(bytes.count)
    }

    mutating func empty() throws(PayloadError) {
        do { try file.resize(to: 0) } catch { throw failure(error) }
        size = 0
    }

    /// What the file really holds, read back from disk.
    func digest() throws(PayloadError) -> (digest: Digest, size: Int64) {
        do throws(ArchiveError) { return try BlobHasher.digest(of: file, subject: path.string) } catch {
            throw .archive(error)
        }
    }

    func adopt(into store: PayloadStore, as digest: Digest) throws(PayloadError) {
        try store.adopt(path, file, as: digest)
    }

    func remove() { StoreFiles.remove(path) }

    private func failure(_ error: any Error) -> PayloadError {
        .system(operation: "write", path: path.string, error: error as? Errno ?? .ioError)
    }
}
