import BundleFormat
import Foundation
import HostSystem
import Synchronization
import Transfer
import Values

/// Speaks with registries on behalf of one repository at a time: asks for tokens, follows redirects, tries again. Any number of threads may
/// use it at once.
///
/// Credentials go to the registry they are for and to the token server it names, and a token to the registry's own origin: behind a redirect
/// to another host nothing of them is sent.
final class RegistryConnection: Sendable {
    private let transport: HTTPTransport
    private let tokens: TokenSource
    private let attempts: Int
    private let state = Mutex(State())

    private struct State {
        var authorizations: [Key: Authorization] = [:]
        var isPlain: [RegistryHost: Bool] = [:]
    }

    private struct Key: Hashable {
        let endpoint: RegistryEndpoint
        let repository: String
    }

    /// What is asked of one repository at one server.
    struct Question: Sendable {
        let endpoint: RegistryEndpoint
        let repository: String
        /// Below the repository, such as `manifests/v1`.
        let path: String
        var headers: [(name: String, value: String)] = []
        var method: HTTPRequest.Method?
        var body: HTTPBody?
        /// Where the registry said that this is to be asked, in place of the path.
        var location: WebAddress?
        var timeLimit: Int? = 60
        /// Others have the same: when it cannot be reached it is not waited for.
        let isMirror: Bool
        /// The image, for errors.
        let image: String

        var address: WebAddress {
            WebAddress(
                origin: .init(isSecure: endpoint.isSecure, host: endpoint.host),
                target: "\(endpoint.path)/\(repository)/\(path)")
        }
    }

    /// What is to be done with a repository, and what tokens are asked for.
    enum Access: Sendable { case pull, push }

    init(_ environment: [String: String], attempts: Int, access: Access = .pull) throws(RegistryError) {
        transport = try HTTPTransport(environment)
        tokens = TokenSource(
            transport: transport, credentials: try CredentialFile(environment), attempts: attempts, access: access)
        self.attempts = attempts
    }

    /// A registry's own endpoint. On loopback it may speak TLS or not, which one connection tells.
    func endpoint(of host: RegistryHost) throws(RegistryError) -> RegistryEndpoint {
        // The name of Docker Hub's images is not that of the server (docker.com, "Docker Hub API").
        if host == .dockerHub, let server = RegistryHost("registry-1.docker.io") {
            return RegistryEndpoint(host: server)
        }
        guard host.isLoopback else { return RegistryEndpoint(host: host) }
        if let known = state.withLock({ $0.isPlain[host] }) { return RegistryEndpoint(isSecure: !known, host: host) }
        let address = WebAddress(origin: .init(isSecure: true, host: host), target: "/v2/")
        let result = try transport.exchange(HTTPRequest(address: address, timeLimit: 10)) {
            (_) throws(RegistryError) in
            false
        } _: { (_) throws(RegistryError) in
        }.result
        // What is no TLS ends the handshake: "wrong version number", or the connection with it.
        let isPlain = [35, 52, 56].contains(result.curlStatus)
        state.withLock { $0.isPlain[host] = isPlain }
        return RegistryEndpoint(isSecure: !isPlain, host: host)
    }

    // MARK: Questions

    /// A document of at most `limit` bytes; tried again when the server is busy.
    func document(_ question: Question, limit: Int) throws(RegistryError) -> (head: HTTPHead, bytes: [UInt8]) {
        var attempt = 0
        while true {
            attempt += 1
            var bytes: [UInt8] = []
            let (answer, result) = try ask(question) { (head) throws(RegistryError) in
                bytes = []
                return head.status == 200
            } _: { (piece) throws(RegistryError) in
                guard bytes.count + piece.count <= limit else {
                    throw .badAnswer(
                        address: question.address.shown, reason: "it is longer than \(limit >> 20) MiB")
                }
                for index in piece.indices { bytes.append(piece[index]) }
            }
            let isBusy = answer.map { Self.isBusy($0.head.status) } ?? true
            if let answer, result.verdict == .complete, !isBusy {
                guard answer.head.status == 200 else { throw refusal(answer, question) }
                return (answer.head, bytes)
            }
            let isWorthIt = answer != nil || !question.isMirror
            guard attempt < attempts, isWorthIt, isBusy || result.verdict == .interrupted else {
                if let answer, answer.head.status != 200 { throw refusal(answer, question) }
                throw .transfer(address: question.address.shown, message: result.message)
            }
            Thread.sleep(forTimeInterval: Self.pause(attempt, answer?.head))
        }
    }

    /// What a server says, whatever it is; tried again while it is busy or cannot be reached.
    func answer(_ question: Question) throws(RegistryError) -> HTTPAnswer {
        var attempt = 0
        while true {
            attempt += 1
            let (answer, result) = try ask(question) { (_) throws(RegistryError) in
                false
            } _: { (_) throws(RegistryError) in
            }
            if let answer, result.verdict == .complete, !Self.isBusy(answer.head.status) { return answer }
            guard attempt < attempts, result.verdict == .interrupted || answer != nil else {
                if let answer, answer.head.status >= 400 { throw refusal(answer, question) }
                throw .transfer(address: question.address.shown, message: result.message)
            }
            Thread.sleep(forTimeInterval: Self.pause(attempt, answer?.head))
        }
    }

    /// 408, 425, 429 and the server's own failures pass.
    static func isBusy(_ status: Int) -> Bool { [408, 425, 429].contains(status) || status >= 500 }

    /// Seconds: what the server asks for, up to 30, else half a second doubled each time.
    static func pause(_ attempt: Int, _ head: HTTPHead?) -> Double {
        if let asked = head?["retry-after"].flatMap(Double.init), asked >= 0 { return min(asked, 30) }
        return min(0.25 * Double(1 << min(attempt, 10)), 30)
    }

    /// What an answer says that is not what was asked for. The body of an error is specified in the OCI distribution
    /// specification, "Error Codes".
    func refusal(_ answer: HTTPAnswer, _ question: Question) -> RegistryError {
        let address = question.address.shown
        if answer.head.status == 404 { return .notFound(image: question.image, address: address) }
        let errors = try? JSONCursor(JSONParser.parse(answer.body)).optional("errors")?.elements(limit: 100)
        let first = errors?.first
        let reason = (try? first?.optional("message")?.string()) ?? (try? first?.optional("code")?.string()) ?? ""
        return .refused(address: address, status: answer.head.status, reason: printable(reason))
    }

    /// Asks once, with a token if one is demanded, and behind redirects.
    ///
    /// - Returns: the answer that is no redirect, or none when there came none.
    func ask<Failure: RegistryFailure>(
        _ question: Question, wants: (HTTPHead) throws(Failure) -> Bool,
        _ receive: (Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) -> (answer: HTTPAnswer?, result: TransferResult) {
        let home = question.address.origin
        let key = Key(endpoint: question.endpoint, repository: question.repository)
        var address = question.location ?? question.address
        var challenges = 0
        var hops = 0
        while true {
            var request = HTTPRequest(
                address: address, headers: question.headers, method: question.method, body: question.body,
                timeLimit: question.timeLimit)
            let isHome = address.origin == home
            let sent = isHome ? authorization(key) : nil
            if let sent { request.headers.append(("Authorization", sent)) }
            let (answer, result) = try transport.exchange(request, wants: wants, receive)
            guard let answer else { return (nil, result) }
            switch answer.head.status {
            case 401 where isHome:
                do throws(RegistryError) {
                    // A token may have ended meanwhile: then another is asked for, once.
                    guard challenges < (sent == nil ? 1 : 2) else {
                        throw .unauthorized(
                            image: question.image, host: home.host.description,
                            hadCredentials: try tokens.credentials(for: question) != nil)
                    }
                    challenges += 1
                    let fresh = try tokens.authorize(answer.head, question)
                    state.withLock { $0.authorizations[key] = fresh }
                } catch { throw Failure(error) }
            case 301, 302, 303, 307, 308:
                do throws(RegistryError) {
                    hops += 1
                    guard hops <= 10, let location = answer.head["location"] else {
                        throw .badAnswer(
                            address: question.address.shown,
                            reason: hops > 10 ? "more than 10 redirects" : "a redirect without an address")
                    }
                    let next = try WebAddress(parsing: location, relativeTo: address, in: question.address.shown)
                    guard next.origin.isSecure || !address.origin.isSecure else {
                        throw .badAnswer(
                            address: question.address.shown,
                            reason: "it leads from https to http, which is not followed")
                    }
                    address = next
                } catch { throw Failure(error) }
            default: return (answer, result)
            }
        }
    }

    private func authorization(_ key: Key) -> String? {
        state.withLock { state in
            guard let known = state.authorizations[key] else { return nil }
            if let end = known.end, end < .now {
                state.authorizations[key] = nil
                return nil
            }
            return known.field
        }
    }
}
