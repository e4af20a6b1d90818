import BundleFormat
import Foundation
import Transfer
import Values

/// What an Authorization field holds, and until when.
struct Authorization {
    let field: String
    let end: ContinuousClock.Instant?
}

/// Says who asks: by what `docker login` left, or by a token from the server that a registry names. What a registry gets is good for reading
/// one repository, or for writing to it where that is what is done.
struct TokenSource: Sendable {
    let transport: HTTPTransport
    let credentials: CredentialFile
    let attempts: Int
    let access: RegistryConnection.Access

    /// Under which name the user's credentials stand: Docker Hub's is not its server's.
    private func host(_ question: RegistryConnection.Question) -> RegistryHost {
        question.endpoint.host.name == "registry-1.docker.io" ? .dockerHub : question.endpoint.host
    }

    /// What the user is known by there; nil for nobody.
    func credentials(for question: RegistryConnection.Question) throws(RegistryError) -> Credentials? {
        try credentials.credentials(for: host(question))
    }

    /// Answers what a registry asks with status 401.
    func authorize(
        _ head: HTTPHead, _ question: RegistryConnection.Question
    ) throws(RegistryError) -> Authorization {
        let challenges = head.values("www-authenticate").flatMap(Challenge.list)
        let known = try credentials(for: question)
        if let bearer = challenges.first(where: { $0.scheme == "bearer" }) {
            return try token(bearer, known, question)
        }
        guard challenges.contains(where: { $0.scheme == "basic" }) else {
            throw .badAnswer(
                address: question.address.shown, reason: "it wants to know who asks, but neither by Bearer nor by Basic"
            )
        }
        guard let basic = known?.basic else {
            throw .unauthorized(
                image: question.image, host: question.endpoint.host.description, hadCredentials: known != nil)
        }
        return Authorization(field: basic, end: nil)
    }

    /// The longest answer of a token server, and the longest token in it.
    private static let tokenLimit = 64 << 10

    /// Asks the token server that the registry names (distribution, "Token Authentication Specification" and "OAuth2 Token
    /// Authentication").
    private func token(
        _ challenge: Challenge, _ known: Credentials?, _ question: RegistryConnection.Question
    ) throws(RegistryError) -> Authorization {
        let asked = question.address.shown
        guard let realm = challenge.parameters["realm"] else {
            throw .badAnswer(address: asked, reason: "it names no server for tokens")
        }
        let server = try WebAddress(parsing: realm, in: asked)
        guard server.origin.isSecure || !question.endpoint.isSecure else {
            throw .badAnswer(address: asked, reason: "its server for tokens is reached by http")
        }
        // Nothing but this repository, whatever the registry would have asked for.
        var form = [("scope", "repository:\(question.repository):\(access == .push ? "pull,push" : "pull")")]
        if access == .pull, let scope = challenge.parameters["scope"], scope.hasPrefix("repository:"),
            scope.hasSuffix(":pull"),
            !scope.contains(" ")
        {
            form[0].1 = scope
        }
        if let service = challenge.parameters["service"] { form.append(("service", service)) }
        var request = HTTPRequest(address: server)
        switch known {
        case .identityToken(let token):
            form += [("grant_type", "refresh_token"), ("client_id", "slipway"), ("refresh_token", token)]
            request.form = Self.encoded(form)
        case .password, nil:
            let query = Self.encoded(form)
            request.address = WebAddress(
                origin: server.origin, target: server.target + (server.target.contains("?") ? "&" : "?") + query)
            if let basic = known?.basic { request.headers = [("Authorization", basic)] }
        }
        let bytes = try answer(of: request, question, hadCredentials: known != nil)
        do throws(FormatError) {
            let document = JSONCursor(try JSONParser.parse(bytes))
            let token =
                if let named = try document.optional("token") { named } else { try document.required("access_token") }
            let text = try token.string(limit: Self.tokenLimit)
            guard !text.isEmpty, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw token.refused("is not a token")
            }
            // Sixty seconds where it is not said. Ten are kept back: a request may wait for its turn.
            let seconds = try document.optional("expires_in")?.integer(in: 0...(1 << 31)) ?? 60
            return Authorization(field: "Bearer \(text)", end: .now + .seconds(max(seconds - 10, 5)))
        } catch { throw .badAnswer(address: server.shown, reason: error.description) }
    }

    private func answer(
        of request: HTTPRequest, _ question: RegistryConnection.Question, hadCredentials: Bool
    ) throws(RegistryError) -> [UInt8] {
        var attempt = 0
        while true {
            attempt += 1
            var bytes: [UInt8] = []
            let (answer, result) = try transport.exchange(request) { (head) throws(RegistryError) in
                bytes = []
                return head.status == 200
            } _: { (piece) throws(RegistryError) in
                guard bytes.count + piece.count <= Self.tokenLimit else {
                    throw .badAnswer(address: request.address.shown, reason: "it is too long for a token")
                }
                for index in piece.indices { bytes.append(piece[index]) }
            }
            switch answer?.head.status {
            case 200 where result.verdict == .complete: return bytes
            case 400, 401, 403:
                throw .unauthorized(
                    image: question.image, host: host(question).description, hadCredentials: hadCredentials)
            case let status? where status != 200 && !RegistryConnection.isBusy(status):
                throw .refused(address: request.address.shown, status: status, reason: "no token was given")
            default: break
            }
            guard attempt < attempts, result.verdict == .interrupted || answer != nil else {
                throw .transfer(address: request.address.shown, message: result.message)
            }
            Thread.sleep(forTimeInterval: RegistryConnection.pause(attempt, answer?.head))
        }
    }

    /// application/x-www-form-urlencoded.
    private static func encoded(_ fields: [(String, String)]) -> String {
        var plain = CharacterSet(charactersIn: "a"..."z")
        plain.formUnion(CharacterSet(charactersIn: "A"..."Z"))
        plain.formUnion(CharacterSet(charactersIn: "0123456789-._~"))
        return fields.map { name, value in
            "\(name)=\(value.addingPercentEncoding(withAllowedCharacters: plain) ?? "")"
        }.joined(separator: "&")
    }
}
