import ArgumentParser
import BundleFormat
import Comparing
import Foundation
import Launching
import PKI
import Unbundling
import Values

/// `slipway certificates BUNDLE_OR_NAME`
struct CertificatesCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "certificates",
        abstract: "Show every certificate of a cluster, who signed it, and when it expires.",
        discussion: """
            Ends with 0, and with 1 when two thirds of a certificate's lifetime are over: then a later epoch and another 'slipway
            bundle' renew all of them. What the controller manager signed for a running cluster is not among them. For example:
              slipway certificates ha
              slipway certificates out/ha-….tar --within 60
            """)

    @Argument(
        help: ArgumentHelp("The bundle, or the instance's name.", valueName: "bundle-or-name"), completion: .subject)
    var subject: String

    @Option(help: ArgumentHelp("Show only those that end within so many days, and their issuers.", valueName: "days"))
    var within: Int?

    @OptionGroup var identities: IdentityOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var colour: ColourOptions

    func run(_ context: Context) async throws {
        let now = context.now()
        let tree = try await CommandFailure.translating {
            let side = try ClusterSide.open(named: subject, context, identities)
            if case .bundle(let bundle) = side.origin {
                try bundle.requireOpened()
                guard side.isComplete else { throw BundleError.noSecretPart(file: subject) }
            }
            return try CertificateTree(of: side)
        }
        context.out(
            output.format == .json
                ? JSONOutput.line(CertificateOutput.json(tree, at: now))
                : CertificateOutput.text(
                    tree, at: now, within: within, colour: context.outHasColour, width: context.outWidth))
        let due = tree.due(at: now)
        if !due.isEmpty {
            context.err("warning: \(CertificateOutput.warning(due, at: now))\n")
            throw CommandFailure(.input, nil)
        }
    }
}

/// What is said of certificates.
enum CertificateOutput {
    static func text(_ tree: CertificateTree, at now: Timestamp, within: Int?, colour: Bool, width: Int?) -> String {
        var table = TextTable("CERTIFICATE", "DAYS", "UNTIL", "WHERE")
        var marks: [Bool] = []
        for (node, depth) in tree.all {
            let days = node.certificate.daysLeft(at: now)
            if let within, days > within, !node.hasOne(within: within, at: now) { continue }
            let more = node.places.count > 1 ? " and \(node.places.count - 1) more" : ""
            table.add(
                String(repeating: "  ", count: depth) + TerminalFilter.text(node.certificate.subject), "\(days)",
                "\(node.certificate.notAfter.day)", TerminalFilter.text(node.places.first ?? "") + more)
            marks.append(node.certificate.renewal <= now)
        }
        return zip(table.lines(width: width), [false] + marks).map { line, isDue in
            (isDue && colour ? "\u{1B}[33m\(line)\u{1B}[0m" : line) + "\n"
        }.joined()
    }

    /// One sentence about those that should be renewed.
    static func warning(_ due: [CertificateTree.Node], at now: Timestamp) -> String {
        guard let first = due.min(by: { $0.certificate.notAfter < $1.certificate.notAfter }) else { return "" }
        let days = first.certificate.daysLeft(at: now)
        let ends = days < 0 ? "ended \(-days) days ago" : "ends in \(days) days"
        return
            (due.count == 1
            ? "a certificate is past two thirds of its lifetime: "
            : "\(due.count) certificates are past two thirds of their lifetime; the first, ")
            + "\(printable(first.certificate.subject)), \(ends): set a later epoch and build the bundle again"
    }

    static func json(_ tree: CertificateTree, at now: Timestamp) -> JSONValue {
        [
            "certificates": .array(tree.roots.map { json($0, at: now) }), "count": .integer(Int64(tree.count)),
            "due": .integer(Int64(tree.due(at: now).count)),
        ]
    }

    private static func json(_ node: CertificateTree.Node, at now: Timestamp) -> JSONValue {
        let certificate = node.certificate
        return [
            "subject": .string(certificate.subject), "issuer": .string(certificate.issuer),
            "notBefore": .string("\(certificate.notBefore)"), "notAfter": .string("\(certificate.notAfter)"),
            "renewal": .string("\(certificate.renewal)"), "daysLeft": .integer(certificate.daysLeft(at: now)),
            "names": .strings(certificate.names), "authority": .bool(certificate.isAuthority),
            "fingerprint": .string(certificate.fingerprint), "places": .strings(node.places),
            "issued": .array(node.children.map { json($0, at: now) }),
        ]
    }

    /// Tells whoever uses a bundle that it is time to renew; nothing where its secret part cannot be read.
    static func warn(_ bundle: Unbundling.Bundle, _ context: Context) throws {
        guard bundle.secretManifest != nil else { return }
        let now = context.now()
        let due = try CertificateTree(of: ClusterSide(.bundle(bundle)), oneOfEachRole: true).due(at: now)
        if !due.isEmpty { context.err("warning: \(warning(due, at: now))\n") }
    }
}

extension CertificateTree.Node {
    fileprivate func hasOne(within days: Int, at now: Timestamp) -> Bool {
        children.contains { $0.certificate.daysLeft(at: now) <= days || $0.hasOne(within: days, at: now) }
    }
}
