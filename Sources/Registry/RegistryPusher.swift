import Archive
public import BundleFormat
import Foundation
import Transfer
public import Values

/// Sends what a repository lacks (OCI distribution specification 1.1, "Push").
///
/// All calls block their thread; any number of threads may use one pusher.
public struct RegistryPusher: Sendable {
    private let connection: RegistryConnection
    private let reference: ImageReference
    private let attempts: Int

    /// Up to here a blob is sent in one request.
    private static let single: Int64 = 1 << 20
    /// Bytes of a request where it is sent in several. A connection that breaks costs no more than this of a registry that forgets the rest.
    private static let chunk: Int64 = 64 << 20

    /// - Parameters:
    ///   - reference: the repository; the tag is for ``push(manifest:type:tag:)``.
    ///   - environment: see ``RegistryClient``.
    public init(
        to reference: ImageReference, environment: [String: String], attempts: Int = 4
    ) throws(RegistryError) {
        connection = try RegistryConnection(environment, attempts: attempts, access: .push)
        (self.reference, self.attempts) = (reference, attempts)
    }

    /// Something to be sent.
    public struct Blob: Sendable {
        public let digest: Digest
        /// Bytes.
        public let size: Int64
        let read: @Sendable (Int64, Int) throws -> [UInt8]

        /// - Parameter read: gives exactly so many bytes from an offset.
        public init(
            digest: Digest, size: Int64, read: @escaping @Sendable (_ offset: Int64, _ count: Int) throws -> [UInt8]
        ) {
            (self.digest, self.size, self.read) = (digest, size, read)
        }
    }

    // MARK: Blobs

    /// Sends a blob, however often the connection breaks.
    ///
    /// - Returns: false when the repository has it already, and nothing was sent.
    public func push(_ blob: Blob) throws(RegistryError) -> Bool {
        if try has(blob) { return false }
        var failures = 0
        var session: Session?
        while true {
            var current: Session
            if let session { current = session } else { current = try begin() }
            let before = current.offset
            let step = try send(blob, &current)
            if current.offset > before { failures = 0 }
            session = step == .lost ? nil : current
            if step == .done { return true }
            if step == .sent { continue }
            failures += 1
            guard failures < attempts else {
                throw .sending(address: current.location.shown, message: current.message)
            }
            Thread.sleep(forTimeInterval: RegistryConnection.pause(failures, nil))
            // Of a broken request some may have arrived.
            if let broken = session {
                session = try resumed(broken, blob)
                if let session, session.offset > before { failures = 0 }
            }
            // The whole may have, with nothing but its answer lost.
            if session == nil, try has(blob) { return true }
        }
    }

    private func has(_ blob: Blob) throws(RegistryError) -> Bool {
        var question = try question("blobs/\(blob.digest)")
        question.method = .head
        let answer = try connection.answer(question)
        switch answer.head.status {
        case 200: return answer.head["content-length"].flatMap { Int64($0) }.map { $0 == blob.size } ?? true
        case 404: return false
        default: throw connection.refusal(answer, question)
        }
    }

    /// An upload that was begun.
    private struct Session {
        var location: WebAddress
        /// Bytes that have arrived.
        var offset: Int64 = 0
        var message = ""
    }

    /// What became of one request.
    private enum Step { case done, sent, broken, lost }

    private func begin() throws(RegistryError) -> Session {
        var question = try question("blobs/uploads/")
        question.method = .post
        let answer = try connection.answer(question)
        guard answer.head.status == 202 else { throw connection.refusal(answer, question) }
        return Session(location: try location(answer.head, question.address))
    }

    private func send(_ blob: Blob, _ session: inout Session) throws(RegistryError) -> Step {
        var question = try question("blobs/uploads/")
        question.timeLimit = nil
        let rest = blob.size - session.offset
        // What fits goes with the request that ends the upload; of more than that the end comes alone.
        let isLast = rest == 0 || session.offset == 0 && rest <= Self.single
        let end = isLast ? blob.size : min(blob.size, session.offset + Self.chunk)
        question.method = isLast ? .put : .patch
        question.location = isLast ? session.location.adding("digest=\(blob.digest)") : session.location
        if end > session.offset {
            question.headers = [("Content-Type", "application/octet-stream")]
            if !isLast { question.headers.append(("Content-Range", "\(session.offset)-\(end - 1)")) }
            question.body = HTTPBody(session.offset..<end, read: blob.read)
        }
        let (answer, result) = try connection.ask(question) { (_) throws(RegistryError) in
            false
        } _: { (_) throws(RegistryError) in
        }
        session.message = result.message
        guard let answer, answer.head.status < 500, !RegistryConnection.isBusy(answer.head.status) else {
            if let answer { session.message = connection.refusal(answer, question).description }
            return .broken
        }
        switch answer.head.status {
        case 201 where isLast: return .done
        case 202 where !isLast:
            session.location = try location(answer.head, session.location)
            session.offset = end
            return .sent
        // The upload has ended meanwhile, or it stands elsewhere than was thought.
        case 404, 416:
            session.message = connection.refusal(answer, question).description
            return answer.head.status == 404 ? .lost : .broken
        default: throw connection.refusal(answer, question)
        }
    }

    /// Asks how much has arrived.
    ///
    /// - Returns: nil when the registry does not know the upload any more.
    private func resumed(_ session: Session, _ blob: Blob) throws(RegistryError) -> Session? {
        // curl's own request is GET.
        var question = try question("blobs/uploads/")
        question.location = session.location
        let answer = try connection.answer(question)
        guard answer.head.status == 204 || answer.head.status == 202 || answer.head.status == 200 else { return nil }
        var resumed = session
        if answer.head["location"] != nil { resumed.location = try location(answer.head, session.location) }
        guard let field = answer.head["range"], let last = field.split(separator: "-").last.flatMap({ Int64($0) }),
            last < blob.size
        else { return nil }
        // "0-0" is said of nothing, too.
        resumed.offset = last == 0 ? 0 : last + 1
        return last == 0 ? nil : resumed
    }

    private func location(_ head: HTTPHead, _ base: WebAddress) throws(RegistryError) -> WebAddress {
        guard let text = head["location"] else {
            throw .badAnswer(address: base.shown, reason: "it does not say where an upload goes on")
        }
        return try WebAddress(parsing: text, relativeTo: base, in: base.shown)
    }

    // MARK: Manifests

    /// Sends a manifest or index, whose blobs have been sent.
    ///
    /// - Parameter tag: nil for one that is known by its digest alone.
    /// - Returns: whether the registry looked at the manifest's subject, and so tells of it whoever asks for referrers.
    @discardableResult
    public func push(
        manifest bytes: [UInt8], type: String, tag: String? = nil
    ) throws(RegistryError) -> Bool {
        let digest = Digest(hashing: bytes)
        guard bytes.count <= ImageDocument.sizeLimit else {
            throw .tooLarge(image: reference.description, size: bytes.count, limit: ImageDocument.sizeLimit)
        }
        var question = try question("manifests/\(tag ?? digest.description)")
        question.method = .put
        question.headers = [("Content-Type", type)]
        question.body = HTTPBody(bytes)
        let answer = try connection.answer(question)
        guard answer.head.status == 201 || answer.head.status == 200 else {
            throw connection.refusal(answer, question)
        }
        if let said = answer.head["docker-content-digest"], said != digest.description {
            throw .badAnswer(
                address: question.address.shown, reason: "it has stored \(printable(said)) instead of \(digest)")
        }
        return answer.head["oci-subject"] != nil
    }

    /// Sends a manifest that says something about another, its subject. Where the registry does not look at subjects, the list under the
    /// subject's own tag is added to (OCI distribution specification 1.1, "Pushing Manifests with Subject").
    public func push(referrer manifest: Manifest) throws(RegistryError) {
        guard let subject = manifest.subject else { return }
        let bytes = CanonicalJSON.encode(manifest.json)
        if try push(manifest: bytes, type: MediaTypes.manifest) { return }
        let entry = Descriptor(
            mediaType: MediaTypes.manifest, digest: Digest(hashing: bytes), size: Int64(bytes.count),
            artifactType: manifest.artifactType, annotations: manifest.annotations)
        let tag = Referrers.tag(of: subject.digest)
        var others: [Descriptor] = []
        do throws(RegistryError) {
            var question = try question("manifests/\(tag)")
            question.headers = [("Accept", MediaTypes.index)]
            let (_, known) = try connection.document(question, limit: ImageDocument.sizeLimit)
            others = try Referrers.list(known, question.address.shown)
        } catch .notFound {}
        guard !others.contains(where: { $0.digest == entry.digest }) else { return }
        try push(manifest: Referrers.index(others + [entry]), type: MediaTypes.index, tag: tag)
    }

    private func question(_ path: String) throws(RegistryError) -> RegistryConnection.Question {
        RegistryConnection.Question(
            endpoint: try connection.endpoint(of: reference.registry), repository: reference.repository, path: path,
            isMirror: false, image: "\(reference.registry)/\(reference.repository)")
    }
}

/// Lists of what says something about a manifest.
enum Referrers {
    /// Under which a registry has the list that does not make it itself.
    static func tag(of digest: Digest) -> String { "sha256-" + digest.hex }

    static func list(_ bytes: [UInt8], _ address: String) throws(RegistryError) -> [Descriptor] {
        do throws(FormatError) { return try Index(parsing: bytes).manifests } catch {
            throw .badAnswer(address: address, reason: "its list of referrers: \(error)")
        }
    }

    static func index(_ entries: [Descriptor]) -> [UInt8] {
        CanonicalJSON.encode([
            "schemaVersion": 2, "mediaType": .string(MediaTypes.index), "manifests": .array(entries.map(\.json)),
        ])
    }
}

extension RegistryClient {
    /// What says something about a manifest: from the registry's own list, else from the one under the subject's tag.
    ///
    /// - Parameter type: the artifact type that is looked for.
    public func referrers(
        of digest: Digest, in reference: ImageReference, type: String
    ) throws(RegistryError) -> [Manifest] {
        var entries: [Descriptor] = []
        for path in ["referrers/\(digest)", "manifests/\(Referrers.tag(of: digest))"] {
            do throws(RegistryError) {
                let (bytes, address) = try document(path, of: reference, accept: [MediaTypes.index])
                entries += try Referrers.list(bytes, address)
            } catch .notFound {} catch .refused(_, let status, _) where [400, 405].contains(status) {}
        }
        var seen: Set<Digest> = []
        var manifests: [Manifest] = []
        for entry in entries where seen.insert(entry.digest).inserted {
            guard entry.artifactType ?? type == type else { continue }
            let bytes = try manifest(reference, entry.digest).bytes
            guard let found = try? Manifest(parsing: bytes), found.artifactType == type, found.subject?.digest == digest
            else { continue }
            manifests.append(found)
        }
        return manifests
    }
}

extension WebAddress {
    fileprivate func adding(_ query: String) -> WebAddress {
        WebAddress(origin: origin, target: target + (target.contains("?") ? "&" : "?") + query)
    }
}
