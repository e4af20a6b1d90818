import Archive
import BundleFormat
import Transfer
public import Values

/// A client of the OCI distribution specification 1.1, for pulling: a tag is asked for once, digests ever after.
///
/// Each question goes to the registry's mirrors first, in their order, and to the registry itself last. What a mirror says a tag is, is
/// believed, since the user named the mirror; what has a digest is compared with it, whoever sent it.
///
/// All calls block their thread; any number of threads may use one client.
public struct RegistryClient: Sendable {
    private let connection: RegistryConnection
    private let mirrors: RegistryMirrors

    /// - Parameters:
    ///   - environment: says where curl is, which proxy and certificates it uses, and where `config.json` of Docker is.
    ///   - attempts: how often something is tried that fails for a while.
    public init(
        mirrors: RegistryMirrors = RegistryMirrors(), environment: [String: String], attempts: Int = 4
    ) throws(RegistryError) {
        connection = try RegistryConnection(environment, attempts: attempts)
        self.mirrors = mirrors
    }

    // MARK: Images

    /// Finds what an image is now for Linux on an architecture. Of its blobs only the configuration is fetched.
    public func image(
        _ reference: ImageReference, for architecture: Architecture
    ) throws(RegistryError) -> RegistryImage {
        let name = reference.description
        var (digest, bytes) = try manifest(reference, reference.digest)
        var document = try ImageDocument(parsing: bytes, of: name)
        if case .index(let entries) = document {
            let chosen = try ImageDocument.choose(entries, for: architecture, of: name)
            (digest, bytes) = try manifest(reference, chosen.blob.digest)
            document = try ImageDocument(parsing: bytes, of: name)
        }
        guard case .manifest(let config, let layers) = document else {
            throw .notAnImage(image: name, reason: "an index stands in its index")
        }
        let configuration = try self.bytes(config, of: reference)
        try ImageDocument.check(configuration, for: architecture, of: name)
        return RegistryImage(
            digest: digest, manifest: bytes, config: config, configuration: configuration, layers: layers)
    }

    /// A manifest or index by its digest, else by the reference's tag.
    public func manifest(
        _ reference: ImageReference, _ digest: Digest?
    ) throws(RegistryError) -> (digest: Digest, bytes: [UInt8]) {
        try first(of: reference) { (server) throws(RegistryError) in
            var question = question(
                "manifests/\(digest?.description ?? reference.tag ?? "latest")", of: reference, at: server)
            question.headers = [
                ("Accept", (ImageDocument.indexTypes + ImageDocument.manifestTypes).joined(separator: ", "))
            ]
            let answer = try connection.document(question, limit: ImageDocument.sizeLimit)
            let found = Digest(hashing: answer.bytes)
            let said = answer.head["docker-content-digest"].flatMap { try? Digest(parsing: $0) }
            for expected in [digest, said].compactMap(\.self) where expected != found {
                throw .wrongDigest(address: question.address.shown, expected: expected, found: found)
            }
            return (found, answer.bytes)
        }
    }

    /// A small blob.
    private func bytes(_ blob: RegistryImage.Blob, of reference: ImageReference) throws(RegistryError) -> [UInt8] {
        guard blob.size <= ImageDocument.configurationLimit else {
            throw .notAnImage(
                image: reference.description, reason: "its configuration of \(blob.size) bytes is too long")
        }
        return try self.blob(blob.digest, of: reference, limit: ImageDocument.configurationLimit)
    }

    /// A blob that is held in memory.
    ///
    /// - Parameter limit: the most bytes.
    public func blob(_ digest: Digest, of reference: ImageReference, limit: Int) throws(RegistryError) -> [UInt8] {
        try first(of: reference) { (server) throws(RegistryError) in
            let question = question("blobs/\(digest)", of: reference, at: server)
            let answer = try connection.document(question, limit: limit)
            let found = Digest(hashing: answer.bytes)
            guard found == digest else {
                throw .wrongDigest(address: question.address.shown, expected: digest, found: found)
            }
            return answer.bytes
        }
    }

    /// A document that has no digest to be compared with.
    func document(
        _ path: String, of reference: ImageReference, accept: [String]
    ) throws(RegistryError) -> (bytes: [UInt8], address: String) {
        try first(of: reference) { (server) throws(RegistryError) in
            var question = question(path, of: reference, at: server)
            question.headers = [("Accept", accept.joined(separator: ", "))]
            return (
                try connection.document(question, limit: ImageDocument.sizeLimit).bytes, question.address.shown
            )
        }
    }

    // MARK: Blobs

    /// How far one attempt to fetch a blob came.
    public enum BlobOutcome: Hashable, Sendable {
        /// The server has sent all that it has.
        case complete
        /// It broke off: go on from there after that many seconds.
        case interrupted(message: String, pause: Double)
    }

    /// Fetches a blob from an offset, once. The caller hashes what comes, and asks again for the rest of what is cut off.
    ///
    /// - Parameters:
    ///   - attempt: counts from 1, for how long to wait when it fails.
    ///   - begin: gets the offset at which the bytes really begin before the first of them: 0 where the server cannot go on.
    public func blob<Failure: RegistryFailure>(
        _ digest: Digest, of reference: ImageReference, from offset: Int64, attempt: Int,
        begin: (Int64) throws(Failure) -> Void, _ receive: (Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) -> BlobOutcome {
        try first(of: reference) { (server) throws(Failure) in
            var question = question("blobs/\(digest)", of: reference, at: server)
            question.timeLimit = nil
            if offset > 0 { question.headers = [("Range", "bytes=\(offset)-")] }
            let shown = question.address.shown
            let (answer, result) = try connection.ask(question) { (head) throws(Failure) in
                switch head.status {
                case 200: try begin(0)
                case 206:
                    guard head["content-range"]?.hasPrefix("bytes \(offset)-") == true else {
                        throw Failure(
                            RegistryError.badAnswer(address: shown, reason: "it sends another part than was asked for"))
                    }
                    try begin(offset)
                // Nothing is behind what is there: not the same blob, or all of it.
                case 416: try begin(0)
                default: return false
                }
                return head.status != 416
            } _: { (piece) throws(Failure) in
                try receive(piece)
            }
            let pause = RegistryConnection.pause(attempt, answer?.head)
            if let answer {
                switch answer.head.status {
                case 200, 206: if result.verdict == .complete { return .complete }
                case 416: return .interrupted(message: "the server cannot go on from byte \(offset)", pause: 0)
                case let status where RegistryConnection.isBusy(status):
                    return .interrupted(message: "\(connection.refusal(answer, question))", pause: pause)
                default: throw Failure(connection.refusal(answer, question))
                }
            }
            guard result.verdict == .interrupted, answer != nil || !server.isMirror else {
                throw Failure(RegistryError.transfer(address: shown, message: result.message))
            }
            return .interrupted(message: result.message, pause: pause)
        }
    }

    // MARK: Servers

    private struct Server {
        let endpoint: RegistryEndpoint
        let isMirror: Bool
    }

    private func question(
        _ path: String, of reference: ImageReference, at server: Server
    ) -> RegistryConnection.Question {
        RegistryConnection.Question(
            endpoint: server.endpoint, repository: reference.repository, path: path,
            isMirror: server.isMirror, image: reference.description)
    }

    /// Asks one server after the other until one has it. When none has, the registry's own error counts; where the registry cannot be
    /// reached at all, as behind a wall, the first mirror's.
    private func first<Value, Failure: RegistryFailure>(
        of reference: ImageReference, _ body: (Server) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        var earlier: Failure?
        for mirror in mirrors[reference.registry] {
            do throws(Failure) { return try body(Server(endpoint: mirror, isMirror: true)) } catch {
                guard error.registryError?.invitesAnother ?? false else { throw error }
                earlier = earlier ?? error
            }
        }
        do throws(Failure) {
            let own: RegistryEndpoint
            do throws(RegistryError) { own = try connection.endpoint(of: reference.registry) } catch {
                throw Failure(error)
            }
            return try body(Server(endpoint: own, isMirror: false))
        } catch {
            guard let earlier, case .transfer = error.registryError else { throw error }
            throw earlier
        }
    }
}
