import Foundation
import TestSupport

/// A certificate that a machine holds, and what the plan says it must be good for.
struct CertificateFile: Sendable, CustomStringConvertible {
    let machine: String
    /// On the machine.
    let path: String
    let leaf: Plan.Leaf

    var description: String { "\(machine):\(path)" }

    /// What `slipway plan --format json` tells.
    struct Plan: Decodable {
        struct Machine: Decodable {
            let name: String
            let files: [File]
            let certificates: [Leaf]
        }

        struct File: Decodable {
            let path: String
            let origin: String
        }

        struct Leaf: Decodable {
            let kind: String
            let issuer: String
            let commonName: String
            /// `server`, `client` or `server+client`.
            let usage: String
            let names: [String]
            let addresses: [String]
        }

        let machines: [Machine]
    }

    /// Every certificate file that ends a chain, of every machine.
    static func all(of topology: String) throws -> [CertificateFile] {
        all(of: try plan(of: topology))
    }

    static func plan(of topology: String) throws -> Plan {
        let text = try Slipway.output(["plan", Repository.topology(topology).path, "--format", "json"])
        return try JSONDecoder().decode(Plan.self, from: Data(text.utf8))
    }

    static func all(of plan: Plan) -> [CertificateFile] {
        plan.machines.flatMap { machine in
            machine.files.filter { $0.path.hasSuffix(".crt") }.compactMap { file in
                machine.certificates.first { "pki:\($0.kind)" == file.origin }
                    .map { CertificateFile(machine: machine.name, path: file.path, leaf: $0) }
            }
        }
    }
}
