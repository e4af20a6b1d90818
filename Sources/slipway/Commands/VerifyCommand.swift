import ArgumentParser
import BundleFormat
import Signing
import SystemPackage
import Unbundling
import Values

/// `slipway verify BUNDLE`
struct VerifyCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Recompute every digest of a bundle and list every failure.",
        discussion: """
            Where signers are named, here or with 'slipway trust add', one of them must have signed it. Without Slipway, DIGEST being the bundle digest:
              tar -xOf BUNDLE blobs/sha256/DIGEST | ssh-keygen -Y verify -f SIGNERS -I NAME -n slipway-bundle -s BUNDLE.sig
            """)

    @Argument(help: "The bundle.")
    var bundle: String

    @OptionGroup var trust: TrustOptions
    @OptionGroup var output: OutputOptions

    func run(_ context: Context) async throws {
        let (verification, opened, signer) = try await CommandFailure.translating {
            let (opened, signer) = try Unbundling.Bundle.open(
                trusted: bundle, context, allowedSigners: trust.allowedSigners)
            return (BundleVerifier(opened, threads: context.processorCount).run(), opened, signer)
        }
        switch output.format {
        case .json: context.out(JSONOutput.line(json(verification, opened, signer)))
        case .text:
            show(verification, opened, context)
            if let signer { trust.tell(signer, bundle, context) } else { try tellUnchecked(context) }
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

    /// That somebody has signed says nothing while it is not said whose signature counts.
    private func tellUnchecked(_ context: Context) throws(CommandFailure) {
        let signatures: [BundleSignature]
        do throws(SigningError) { signatures = try SignatureFile(beside: FilePath(bundle)).read() } catch {
            throw CommandFailure(.input, "\(error)", help: error.help)
        }
        guard !signatures.isEmpty else { return }
        let keys = signatures.map { "\($0.keyType) \($0.fingerprint)" }.joined(separator: ", ")
        context.err("note: whose signatures count is not said, so these were not checked: \(keys)\n")
    }

    /// What nobody can tell from a bundle alone.
    private func limit(of verification: Verification) -> String? {
        guard verification.ownFileCount > 0 else { return nil }
        return
            "What \(verification.ownFileCount) keys, certificates and other files from the secrets file hold was not checked: "
            + "only building the bundle again with that file and comparing the digests can."
    }

    private func json(
        _ verification: Verification, _ opened: Unbundling.Bundle, _ signer: TrustPolicy.Signer?
    ) -> JSONValue {
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
        object["signer"] = signer.map { .string($0.name) }
        object["signerKey"] = signer.map { .string($0.fingerprint) }
        object["unchecked"] = limit(of: verification).map { .string($0) }
        return .object(object)
    }
}
