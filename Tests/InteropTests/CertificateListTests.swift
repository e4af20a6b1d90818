import Foundation
import TestSupport
import Testing

/// `slipway certificates`, compared with what OpenSSL reads in the same files; and who else says that it is time to renew.
@Suite("certificates as a tree", .serialized)
struct CertificateListTests {
    let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        try Slipway.output(["secrets", "new", scratch.file("secret")])
    }

    /// A bundle whose certificates began so many days ago.
    private func build(daysAgo: Int) throws -> String {
        let epoch = Int(Date().timeIntervalSince1970) - daysAgo * 86_400
        let made = try Slipway.output(
            [
                "bundle", Repository.topology("ha").path, "--secrets", scratch.file("secret"), "--templates",
                Repository.templates.path, "--out", scratch.file("out"), "--format", "json",
            ], environment: ["SOURCE_DATE_EPOCH": "\(epoch)"])
        struct Built: Decodable { let path: String }
        return try JSONDecoder().decode(Built.self, from: Data(made.utf8)).path
    }

    private struct Tree: Decodable {
        struct Node: Decodable {
            let subject, issuer, notAfter, fingerprint: String
            let daysLeft: Int
            let authority: Bool
            let places: [String]
            let issued: [Node]
        }
        let certificates: [Node]
        let count, due: Int
    }

    @Test("every certificate of every machine is in it, as OpenSSL reads it, below its issuer", .needs("openssl"))
    func openssl() throws {
        let bundle = try build(daysAgo: 0)
        let outcome = try Slipway.run(["certificates", bundle, "--format", "json"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let tree = try JSONDecoder().decode(Tree.self, from: Data(outcome.output.utf8))
        var known: [String: Tree.Node] = [:]
        func add(_ node: Tree.Node, below issuer: Tree.Node?) {
            known[node.fingerprint] = node
            if let issuer { #expect(node.issuer == issuer.subject && issuer.authority) }
            for child in node.issued { add(child, below: node) }
        }
        for root in tree.certificates { add(root, below: nil) }
        #expect(known.count == tree.count && tree.count > 40 && tree.due == 0)
        try Slipway.output(["extract", bundle, scratch.file("tree")])
        let files = try #require(FileManager.default.enumerator(atPath: scratch.file("tree"))).compactMap {
            $0 as? String
        }
        var looked = 0
        for file in files where file.hasSuffix(".crt") {
            let read = try Tool.run(
                "openssl",
                [
                    "x509", "-in", scratch.file("tree/\(file)"), "-noout", "-fingerprint", "-sha256", "-enddate",
                    "-dateopt",
                    "iso_8601",
                ])
            let lines = read.output.split(separator: "\n").map(String.init)
            let print = try #require(lines.first { $0.contains("Fingerprint=") }?.split(separator: "=").last)
            let node = try #require(known[print.replacing(":", with: "").lowercased()], "\(file)")
            let end = try #require(lines.first { $0.hasPrefix("notAfter=") }).dropFirst(9).replacing(" ", with: "T")
            #expect(node.notAfter == end, "\(file)")
            looked += 1
        }
        #expect(looked > 40)
        // Leaves stand below root, intermediate and issuing authority.
        let root = try #require(tree.certificates.first { $0.subject == "ha root CA" })
        let etcd = root.issued.first?.issued.first { $0.subject == "ha etcd CA" }
        #expect(etcd?.issued.contains { $0.subject == "etcd-2" } == true, "\(outcome.output)")
    }

    @Test("past two thirds of a lifetime: status 1, and verify warns; before that neither") func due() throws {
        let fresh = try build(daysAgo: 200)
        let well = try Slipway.run(["certificates", fresh])
        #expect(well.status == 0 && well.errors.isEmpty, "\(well.transcript)")
        #expect(try !Slipway.run(["verify", fresh]).errors.contains("two thirds"))
        let old = try build(daysAgo: 300)
        let outcome = try Slipway.run(["certificates", old])
        #expect(outcome.status == 1, "\(outcome.transcript)")
        #expect(outcome.errors.contains("past two thirds of their lifetime; the first, "), "\(outcome.errors)")
        #expect(
            outcome.errors.contains("ends in 65 days") || outcome.errors.contains("ends in 64 days"),
            "\(outcome.errors)")
        let verified = try Slipway.run(["verify", old])
        #expect(verified.status == 0 && verified.errors.contains("past two thirds"), "\(verified.transcript)")
        let within = try Slipway.run(["certificates", old, "--within", "400"])
        #expect(within.output.contains("etcd-1") && within.output.contains("ha root CA"), "\(within.output)")
        #expect(try !Slipway.run(["certificates", old, "--within", "10"]).output.contains("etcd-1"))
    }

    @Test("without instances the list is empty, and a damaged one is named; nothing is asked without a terminal")
    func list() throws {
        let state = ["SLIPWAY_STATE": scratch.file("state")]
        let none = try Slipway.run(["list"], environment: state)
        #expect(none.status == 0 && none.output == "no instances in \(scratch.file("state"))\n", "\(none.transcript)")
        try scratch.write("state/broken/instance.json", "{}")
        try scratch.write("state/broken/launch.json", "{}")
        let damaged = try Slipway.run(["list", "--format", "json"], environment: state)
        #expect(damaged.status == 0 && damaged.output.contains(#""name":"broken""#), "\(damaged.transcript)")
        #expect(damaged.output.contains("instance.json"), "\(damaged.output)")
        let gone = try Slipway.run(["destroy", "broken", "--provider", "qemu"], environment: state)
        #expect(gone.status == 0 && !gone.errors.contains("Go on?"), "\(gone.transcript)")
    }
}
