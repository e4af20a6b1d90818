import ArgumentParser
import BundleFormat
import SystemPackage
import Unbundling
import Values

/// `slipway verify BUNDLE`
struct VerifyCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Recompute every digest of a bundle and list every failure.")

    @Argument(help: "The bundle.")
    var bundle: String

    @OptionGroup var output: OutputOptions

    func run(_ context: Context) async throws {
        let (verification, opened) = try await CommandFailure.translating {
            let opened = try Unbundling.Bundle.open(named: bundle)
            return (BundleVerifier(opened, threads: context.processorCount).run(), opened)
        }
        switch output.format {
        case .json: context.out(JSONOutput.line(json(verification, opened)))
        case .text: show(verification, opened, context)
        }
        if verification.failureCount > 0 { throw CommandFailure(.input, nil) }
    }

    private func show(_ verification: Verification, _ opened: Unbundling.Bundle, _ context: Context) {
        for failure in verification.failures { context.err("error: \(failure.subject): \(failure.message)\n") }
        guard verification.failureCount == 0 else {
            let rest = verification.failureCount - verification.failures.count
            if rest > 0 { context.err("and \(rest) more\n") }
            context.err("\(bundle): \(verification.failureCount) failure(s)\n")
            return
        }
        context.out(
            """
            \(bundle): ok, \(verification.blobCount) blobs, \(verification.openFileCount) public files
            public digest  \(opened.publicDigest)
            bundle digest  \(opened.bundleDigest)

            """)
        if let limit = limit(of: verification) { context.out(limit + "\n") }
        let absent = verification.absentPayloads + verification.unpinnedPayloads.map { "\($0) (not pinned)" }
        if !absent.isEmpty {
            context.out("\(absent.count) payloads are not in this bundle: \(absent.joined(separator: ", "))\n")
        }
    }

    /// What nobody can tell from a bundle alone.
    private func limit(of verification: Verification) -> String? {
        guard verification.ownFileCount > 0 else { return nil }
        return
            "What \(verification.ownFileCount) keys, certificates and other files from the secrets file hold was not checked: "
            + "only building the bundle again with that file and comparing the digests can."
    }

    private func json(_ verification: Verification, _ opened: Unbundling.Bundle) -> JSONValue {
        var object = JSONObject([
            ("ok", .bool(verification.failureCount == 0)), ("publicDigest", .string("\(opened.publicDigest)")),
            ("bundleDigest", .string("\(opened.bundleDigest)")), ("blobs", .integer(Int64(verification.blobCount))),
            ("failureCount", .integer(Int64(verification.failureCount))),
            (
                "failures",
                .array(verification.failures.map { ["subject": .string($0.subject), "message": .string($0.message)] })
            ), ("absentPayloads", .strings(verification.absentPayloads)),
            ("unpinnedPayloads", .strings(verification.unpinnedPayloads)),
        ])
        object["unchecked"] = limit(of: verification).map { .string($0) }
        return .object(object)
    }
}
