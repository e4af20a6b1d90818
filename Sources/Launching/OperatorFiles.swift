import BundleFormat
import Foundation
import Unbundling
import Values

/// The files with which the person at this host reaches a cluster, as they are written into an instance.
///
/// Programs of the host read them, and a bundle may come from a stranger: only the files below are taken, and each is made
/// anew from the values in it. A kubeconfig, for one, can name a program for kubectl to run.
struct OperatorFiles: Hashable {
    /// By name; all of them are for the operator's eyes only.
    let contents: [String: [UInt8]]

    struct Unusable: Error, Hashable { let reason: String }

    /// Nil for a bundle without its secret part.
    init?(of bundle: Unbundling.Bundle) throws {
        guard let files = try bundle.operatorFiles() else { return nil }
        let texts = Dictionary(files.map { ($0.path, $0.bytes) }) { first, _ in first }
        do {
            try self.init(texts, plan: bundle.launchPlan)
        } catch let unusable as Unusable {
            throw LaunchError.unusableBundle(bundle: bundle.file, reason: unusable.reason)
        }
    }

    init(_ given: [String: [UInt8]], plan: LaunchPlan) throws {
        func text(_ name: String) throws -> String {
            guard let bytes = given[name], bytes.count < 1 << 20, let text = String(validating: bytes, as: UTF8.self)
            else { throw Unusable(reason: "its operator's file '\(name)' is missing, too long or not text") }
            return text
        }
        let key = try text("id_operator")
        guard key.hasPrefix("-----BEGIN OPENSSH PRIVATE KEY-----\n") else {
            throw Unusable(reason: "its operator's key is not an OpenSSH private key")
        }
        let contents = [
            "id_operator": key, "id_operator.pub": try Self.publicKey(text("id_operator.pub")),
            "known_hosts": try Self.knownHosts(text("known_hosts"), plan), "hosts": Self.hosts(plan),
            "kubeconfig": try Self.kubeconfig(text("kubeconfig"), plan),
        ]
        self.contents = contents.mapValues { Array($0.utf8) }
    }

    // MARK: SSH

    /// One authority vouches for every machine of the cluster, and for no other host; sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT".
    private static func knownHosts(_ text: String, _ plan: LaunchPlan) throws -> String {
        let authorities = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { $0.split(separator: " ") }
        guard authorities.count == 1, let words = authorities.first, words.count == 4, words[0] == "@cert-authority"
        else { throw Unusable(reason: "its known_hosts does not name exactly one authority") }
        let hosts = plan.machines.map { "\($0.name),\($0.address)" }.joined(separator: ",")
        return "@cert-authority \(hosts) \(try key(words[2], words[3], of: "the authority in its known_hosts"))\n"
    }

    private static func publicKey(_ text: String) throws -> String {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count >= 2 else { throw Unusable(reason: "its id_operator.pub is not a public key") }
        return try key(words[0], words[1], of: "its id_operator.pub") + " operator\n"
    }

    /// Type and base64 of a public key, encoded anew: RFC 5656, 3.1, and RFC 8709, 4.
    private static func key(_ algorithm: Substring, _ base64: Substring, of subject: String) throws -> String {
        guard let blob = Data(base64Encoded: String(base64)) else {
            throw Unusable(reason: "\(subject) is not base64")
        }
        var rest = [UInt8](blob)[...]
        func field() -> [UInt8]? {
            guard rest.count >= 4 else { return nil }
            let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            guard rest.count >= 4 + length else { return nil }
            defer { rest = rest.dropFirst(4 + length) }
            return Array(rest.dropFirst(4).prefix(length))
        }
        let isWhole =
            switch algorithm {
            case "ecdsa-sha2-nistp256":
                field() == Array(algorithm.utf8) && field() == Array("nistp256".utf8)
                    && field().map { $0.count == 65 && $0.first == 4 } == true
            case "ssh-ed25519": field() == Array(algorithm.utf8) && field()?.count == 32
            default: false
            }
        guard isWhole, rest.isEmpty else {
            throw Unusable(reason: "\(subject) is not a key of the type \(printable(String(algorithm)))")
        }
        return "\(algorithm) \(blob.base64EncodedString())"
    }

    // MARK: The host's own files

    /// For the host's own /etc/hosts.
    private static func hosts(_ plan: LaunchPlan) -> String {
        (["# Cluster \(plan.cluster): for the host's own /etc/hosts"]
            + plan.machines.map { "\($0.address) \($0.name)" }).joined(separator: "\n") + "\n"
    }

    private static func kubeconfig(_ text: String, _ plan: LaunchPlan) throws -> String {
        /// The only value of a key in the text.
        func value(_ key: String) throws -> String {
            let values = text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
                .filter { $0.hasPrefix("\(key): ") }.map { $0.dropFirst(key.utf8.count + 2) }
            guard values.count == 1, let value = values.first else {
                throw Unusable(reason: "its kubeconfig does not say once what '\(key)' is")
            }
            return String(value)
        }
        func data(_ key: String) throws -> String {
            guard let data = Data(base64Encoded: try value(key)) else {
                throw Unusable(reason: "its kubeconfig's '\(key)' is not base64")
            }
            return data.base64EncodedString()
        }
        let server = try value("server")
        guard let url = URL(string: server), url.scheme == "https", url.user() == nil, let host = url.host(),
            IPv4Address(host) != nil || DNSLabel.isValidDomain(host), url.path().isEmpty
        else { throw Unusable(reason: "its kubeconfig's server is not the address of an API server") }
        let user = "admin"
        return """
            apiVersion: v1
            kind: Config
            clusters:
              - name: \(plan.cluster)
                cluster:
                  server: https://\(host):\(url.port ?? 443)
                  certificate-authority-data: \(try data("certificate-authority-data"))
            users:
              - name: \(user)
                user:
                  client-certificate-data: \(try data("client-certificate-data"))
                  client-key-data: \(try data("client-key-data"))
            contexts:
              - name: \(user)@\(plan.cluster)
                context:
                  cluster: \(plan.cluster)
                  user: \(user)
            current-context: \(user)@\(plan.cluster)

            """
    }
}
