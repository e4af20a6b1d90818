import BundleFormat
import Foundation
import HostSystem
import Values

/// What a user is known by at a registry.
enum Credentials: Hashable, Sendable {
    case password(user: String, secret: String)
    /// What `docker login` got from a token server in place of a password.
    case identityToken(String)

    /// Of an Authorization field (RFC 7617); nil for a token.
    var basic: String? {
        guard case .password(let user, let secret) = self else { return nil }
        return "Basic " + Data("\(user):\(secret)".utf8).base64EncodedString()
    }
}

/// `config.json` as `docker login`, `podman login --compat-auth-file` and `skopeo login` write it: below `$DOCKER_CONFIG`, else below `~/.docker`.
///
///     { "auths":       { "registry.example:5000": { "auth": "<base64 of USER:PASSWORD>" } },
///       "credsStore":  "osxkeychain",
///       "credHelpers": { "registry.example": "NAME" } }
///
/// A helper is the program `docker-credential-NAME` (github.com/docker/docker-credential-helpers): of the two the one that is named for the
/// registry, else the store, else `auths`. Docker Hub stands under its old address.
struct CredentialFile: Sendable {
    private let path: String
    private let environment: [String: String]
    private let stored: [String: Credentials]
    private let helpers: [String: String]
    private let store: String?

    private static let dockerHub = "https://index.docker.io/v1/"
    private static let limit = 1 << 20

    /// - Throws: ``RegistryError/badConfiguration(file:reason:)``; a file that is not there says nothing.
    init(_ environment: [String: String]) throws(RegistryError) {
        self.environment = environment
        let home = environment["HOME"].map { $0 + "/.docker" }
        guard let directory = environment["DOCKER_CONFIG"].flatMap({ $0.isEmpty ? nil : $0 }) ?? home,
            let bytes = try Files<RegistryError>.read(directory + "/config.json")
        else {
            (path, stored, helpers, store) = ("", [:], [:], nil)
            return
        }
        let path = directory + "/config.json"
        self.path = path
        do throws(FormatError) {
            let root = JSONCursor(try JSONParser.parse(bytes, limits: JSONLimits(byteCount: Self.limit)))
            var stored: [String: Credentials] = [:]
            if let auths = try root.optional("auths") {
                for member in try auths.object().members {
                    let entry = try auths.required(member.key)
                    stored[Self.key(member.key)] = try Self.credentials(entry)
                }
            }
            self.stored = stored
            helpers = try root.optional("credHelpers")?.stringPairs() ?? [:]
            store = try root.optional("credsStore")?.string()
        } catch { throw .badConfiguration(file: path, reason: error.description) }
    }

    private static func credentials(_ entry: JSONCursor) throws(FormatError) -> Credentials? {
        func text(_ name: String) throws(FormatError) -> String? {
            let text = try entry.optional(name)?.string(limit: 64 << 10)
            return text == "" ? nil : text
        }
        if let token = try text("identitytoken") { return .identityToken(token) }
        if let user = try text("username"), let secret = try text("password") {
            return .password(user: user, secret: secret)
        }
        guard let encoded = try text("auth") else { return nil }
        // Docker pads what it encodes with NUL bytes now and then, and its own reader cuts them off.
        guard let data = Data(base64Encoded: encoded),
            let decoded = String(bytes: data, encoding: .utf8)?.split(separator: "\0").first,
            let colon = decoded.firstIndex(of: ":")
        else { throw try entry.required("auth").refused("is not the base64 form of USER:PASSWORD") }
        return .password(user: String(decoded[..<colon]), secret: String(decoded[decoded.index(after: colon)...]))
    }

    /// A registry's key: old files have the whole address.
    private static func key(_ text: String) -> String {
        let bare =
            text.hasPrefix("https://") ? text.dropFirst(8) : text.hasPrefix("http://") ? text.dropFirst(7) : text[...]
        let host = bare.prefix { $0 != "/" }
        return host == "index.docker.io" ? RegistryHost.dockerHub.name : host.lowercased()
    }

    /// Nil when nobody is known there. A helper may ask the user.
    func credentials(for host: RegistryHost) throws(RegistryError) -> Credentials? {
        let key = host.description
        let address = host == .dockerHub ? Self.dockerHub : key
        if let helper = helpers[address] ?? helpers[key] ?? store {
            if let found = try ask(helper, address) { return found }
        }
        return stored[key]
    }

    /// The protocol of credential helpers: `get`, the address on standard input, JSON on standard output.
    private func ask(_ helper: String, _ address: String) throws(RegistryError) -> Credentials? {
        guard !helper.isEmpty, helper.utf8.count <= 64,
            helper.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) })
        else { throw .badConfiguration(file: path, reason: "\"\(printable(helper))\" cannot be a credential helper") }
        let program = "docker-credential-\(helper)"
        let path = environment["PATH"] ?? "/usr/bin:/bin"
        let place = path.split(separator: ":").lazy.compactMap { ExternalCommand.locate("\($0)/\(program)") }.first
        guard let place else { throw .missingTool(program) }
        let command = ExternalCommand(
            [place, "get"], environment: environment, inheritsEnvironment: false, input: .text(address + "\n")
        ).limited(to: 120, bytes: 64 << 10)
        let result: CommandResult
        do throws(SystemError) { result = try command.run() } catch { throw .system(error) }
        if result.status != 0, result.output.contains("credentials not found") { return nil }
        guard result.status == 0 else {
            let words = (result.output + result.errors).split(whereSeparator: \.isNewline).first ?? "no word why"
            throw .credentialHelper(program: program, reason: "\(printable(String(words))) (status \(result.status))")
        }
        do throws(FormatError) {
            let answer = JSONCursor(try JSONParser.parse(Array(result.output.utf8)))
            let user = try answer.required("Username").string()
            let secret = try answer.required("Secret").string(limit: 64 << 10)
            return user == "<token>" ? .identityToken(secret) : .password(user: user, secret: secret)
        } catch { throw .credentialHelper(program: program, reason: "its answer is not what helpers give: \(error)") }
    }
}
