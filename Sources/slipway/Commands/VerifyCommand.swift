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
        let (verification, digest, publicDigest) = try await CommandFailure.translating {
            let opened = try BundleInput.open(bundle)
            let digests = (opened.bundleDigest, opened.publicDigest)
            return (BundleVerifier(opened).run(), digests.0, digests.1)
        }
        switch output.format {
        case .json: context.out(JSONOutput.line(json(verification, digest, publicDigest)))
        case .text: show(verification, digest, publicDigest, context)
        }
        if !verification.failures.isEmpty { throw CommandFailure(.input, nil) }
    }

    private func show(
        _ verification: Verification, _ digest: Values.Digest, _ publicDigest: Values.Digest,
        _ context: Context
    ) {
        for failure in verification.failures { context.err("error: \(failure.subject): \(failure.message)\n") }
        guard verification.failures.isEmpty else {
            context.err("\(bundle): \(verification.failures.count) failure(s)\n")
            return
        }
        let absent = verification.absentPayloads.count + verification.unpinnedPayloads.count
        context.out(
            """
            \(bundle): ok, \(verification.blobCount) blobs, \(verification.fileCount) public files
            public digest  \(publicDigest)
            bundle digest  \(digest)

            """)
        if absent > 0 {
            let names = verification.absentPayloads + verification.unpinnedPayloads.map { "\($0) (not pinned)" }
            context.out("\(absent) payloads are not in this bundle: \(names.joined(separator: ", "))\n")
        }
    }

    private func json(
        _ verification: Verification, _ digest: Values.Digest, _ publicDigest: Values.Digest
    ) -> JSONValue {
        [
            "ok": .bool(verification.failures.isEmpty), "publicDigest": .string("\(publicDigest)"),
            "bundleDigest": .string("\(digest)"), "blobs": .integer(Int64(verification.blobCount)),
            "failures": .array(
                verification.failures.map { ["subject": .string($0.subject), "message": .string($0.message)] }),
            "absentPayloads": .strings(verification.absentPayloads),
            "unpinnedPayloads": .strings(verification.unpinnedPayloads),
        ]
    }
}
