import Archive
import BundleFormat
import Foundation
import SystemPackage
import Transfer
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

    /// Fetches an address that no lock file pins yet.
    ///
    /// - Parameters:
    ///   - published: the digest that upstream says it has. With it an interrupted transfer goes on; without, it begins at the start,
    ///     since nothing could tell that a resumed file is right.
    ///   - accept: looks at the complete file before it is kept, by throwing.
    func pin(
        _ name: String, _ address: String, published: Digest? = nil, _ progress: (Int64) -> Void,
        accept: (FileDescriptor, Digest) throws(PayloadError) -> Void
    ) throws(PayloadError) -> (digest: Digest, size: Int64) {
        let key = published?.hex ?? "pin-" + Digest(hashing: Array(address.utf8)).hex
        var partial = try PartialFile.open(store.partials.appending(key))
        if let published, let present = store.location(of: published) {
            partial.remove()
            let file = try StoreFiles.openForReading(present.file)
            defer { try? file.close() }
            // It may have lain there for long.
            try present.check(published, of: name)
            try accept(file, published)
            return (published, present.size)
        }
        if published == nil { try partial.empty() }
        var isResumed = partial.size > 0
        while true {
            // An earlier run may have ended just before it gave the file its name.
            var isComplete = false
            if isResumed { isComplete = try partial.digest().digest == published }
            if !isComplete {
                try complete(&partial, name, address, size: nil, canResume: published != nil, progress)
            }
            let found = try partial.digest()
            if isResumed, found.digest != published {
                isResumed = false
                try partial.empty()
                continue
            }
            do throws(PayloadError) {
                try partial.accept { (file) throws(PayloadError) in try accept(file, found.digest) }
            } catch {
                partial.remove()
                throw error
            }
            try partial.adopt(into: store, as: found.digest)
            return found
        }
    }

    /// Calls curl until the file is complete.
    private func complete(
        _ partial: inout PartialFile, _ name: String, _ address: String, size: Int64?, canResume: Bool,
        _ progress: (Int64) -> Void
    ) throws(PayloadError) {
        guard let curl = CurlCommand.locate(environment) else { throw .missingTool("curl") }
        var failures = 0
        var furthest = partial.size
        while partial.size != size || size == nil {
            let before = partial.size
            let command = CurlCommand(
                executable: curl, address: address, offset: before, environment: environment, retries: retries)
            progress(before)
            let result = try command.run { (bytes) throws(PayloadError) in
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
            // What comes in drops never ends: a crawl counts as a failure though it brought something.
            failures = partial.size > furthest && !result.isCrawl ? 0 : failures + 1
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

/// How often a broken transfer is taken up again, and when one counts as broken.
public struct RetryPolicy: Hashable, Sendable {
    /// Attempts in a row that bring nothing new, or crawl, before it is given up.
    public let attempts: Int
    /// Seconds before the second attempt; doubled each time.
    public let pause: Double
    /// Bytes a second; below, for ``patience`` seconds, a transfer crawls and is ended.
    public let lowestRate: Int
    /// Seconds.
    public let patience: Int
    /// Seconds that one attempt may take, whatever its rate; the next goes on where it stopped.
    public let longest: Int

    public init(
        attempts: Int, pause: Double, lowestRate: Int = 4096, patience: Int = 30, longest: Int = 6 * 3600
    ) {
        self.attempts = attempts
        self.pause = pause
        self.lowestRate = lowestRate
        self.patience = patience
        self.longest = longest
    }

    /// Four attempts within about four seconds.
    public static let standard = RetryPolicy(attempts: 4, pause: 0.5)
}

extension CurlCommand {
    init(
        executable: String, address: String, offset: Int64, environment: [String: String],
        retries: RetryPolicy = .standard, isHead: Bool = false
    ) {
        self.init(
            executable: executable, address: address, offset: offset, environment: environment,
            pace: Pace(lowestRate: retries.lowestRate, patience: retries.patience, longest: retries.longest),
            isHead: isHead, allowsPlain: address.hasPrefix("http://"))
    }
}

/// A file in the store that is being fetched, locked for this process.
struct PartialFile: ~Copyable {
    let path: FilePath
    private let file: FileDescriptor
    private(set) var size: Int64
    /// Over all bytes, once something was received by this process: what is hashed as it comes is not read again.
    private var hasher: BlobHasher?

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
        if hasher == nil { hasher = try hashed().hasher }
        hasher?.update(bytes)
        do { try unsafe bytes.withUnsafeBytes { _ = try unsafe file.writeAll(toAbsoluteOffset: size, $0) } } catch {
            throw failure(error)
        }
        size += Int64(bytes.count)
    }

    mutating func empty() throws(PayloadError) {
        do { try file.resize(to: 0) } catch { throw failure(error) }
        hasher = nil
        size = 0
    }

    /// What the file holds.
    func digest() throws(PayloadError) -> (digest: Digest, size: Int64) {
        if let hasher { return (hasher.finish(), size) }
        let found = try hashed()
        return (found.hasher.finish(), found.size)
    }

    /// Reads what an earlier run left.
    private func hashed() throws(PayloadError) -> (hasher: BlobHasher, size: Int64) {
        var hasher = BlobHasher()
        do throws(ArchiveError) {
            let found = try BlobHasher.digest(of: file, subject: path.string) { (piece) throws(ArchiveError) in
                hasher.update(piece)
            }
            return (hasher, found.size)
        } catch { throw .archive(error) }
    }

    func accept(_ body: (FileDescriptor) throws(PayloadError) -> Void) throws(PayloadError) { try body(file) }

    func adopt(into store: PayloadStore, as digest: Digest) throws(PayloadError) {
        try store.adopt(path, file, as: digest)
    }

    func remove() { StoreFiles.remove(path) }

    private func failure(_ error: any Error) -> PayloadError {
        .system(operation: "write", path: path.string, error: error as? Errno ?? .ioError)
    }
}
