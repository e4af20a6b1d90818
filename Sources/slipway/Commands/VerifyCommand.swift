import ArgumentParser
import Artefacts
import BuildPlan
import BundleFormat
import Bundling
import Foundation
import Launching
import PKI
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

            --rebuild builds the bundle again, in memory, and names the first file that is different. Without --secrets only the public
            part is compared.
            """)

    @Argument(help: "The bundle.", completion: .bundle)
    var bundle: String

    @OptionGroup var rebuild: RebuildOptions
    @OptionGroup var identities: IdentityOptions
    @OptionGroup var trust: TrustOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var colour: ColourOptions

    func run(_ context: Context) async throws {
        let (verification, opened, signer, rebuilt) = try await CommandFailure.translating(templates: rebuild.templates)
        {
            let (opened, signer) = try Unbundling.Bundle.open(
                trusted: bundle, context, allowedSigners: trust.allowedSigners, identities: identities)
            let verification = BundleVerifier(opened, threads: context.processorCount).run()
            let rebuilt = try await rebuild.result(opened, verification, context, output.format)
            return (verification, opened, signer, rebuilt)
        }
        switch output.format {
        case .json: context.out(JSONOutput.line(json(verification, opened, signer, rebuilt)))
        case .text:
            show(verification, opened, rebuilt, context)
            if let signer { trust.tell(signer, bundle, context) } else { try tellUnchecked(context) }
        }
        if verification.failureCount > 0 || rebuilt?.difference != nil { throw CommandFailure(.input, nil) }
        try await CommandFailure.translating { try CertificateOutput.warn(opened, context) }
    }

    private func show(
        _ verification: Verification, _ opened: Unbundling.Bundle, _ rebuilt: RebuildOptions.Outcome?,
        _ context: Context
    ) {
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
        if let rebuilt { context.out(rebuilt.text) }
        if rebuilt?.isComplete != true, let limit = limit(of: verification) { context.out(limit + "\n") }
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
        if verification.sealedFileCount > 0 {
            return
                "The secret part is sealed: what its \(verification.sealedFileCount) keys, certificates and other files hold was not looked at; "
                + "--identity FILE or --passphrase opens it."
        }
        guard verification.ownFileCount > 0 else { return nil }
        return
            "What \(verification.ownFileCount) keys, certificates and other files from the secrets file hold was not checked: "
            + "only building the bundle again with that file and comparing the digests can."
    }

    private func json(
        _ verification: Verification, _ opened: Unbundling.Bundle, _ signer: TrustPolicy.Signer?,
        _ rebuilt: RebuildOptions.Outcome?
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
        if rebuilt?.isComplete != true { object["unchecked"] = limit(of: verification).map { .string($0) } }
        object["rebuild"] = rebuilt?.json
        return .object(object)
    }
}

/// What a bundle is built from again, to be compared.
struct RebuildOptions: ParsableArguments {
    @Option(
        name: .customLong("rebuild"),
        help: ArgumentHelp("Build this topology again and compare.", valueName: "topology"), completion: .topology)
    var topology: String?

    @Option(
        help: ArgumentHelp("The lock file.", discussion: "Default: the one beside the topology.", valueName: "file"),
        completion: .file(extensions: ["lock"]))
    var lock: String?

    @Option(
        help: ArgumentHelp("The secrets file, to compare the secret part too.", valueName: "file"), completion: .file())
    var secrets: String?

    @Option(help: ArgumentHelp("The templates directory.", valueName: "dir"), completion: .directory)
    var templates: String?

    func validate() throws {
        guard topology == nil else { return }
        for (name, value) in [("lock", lock), ("secrets", secrets), ("templates", templates)] where value != nil {
            throw ValidationError("--\(name) goes with --rebuild")
        }
    }

    struct Outcome {
        let difference: Rebuild.Difference?
        /// Whether the secret part was compared too.
        let isComplete: Bool

        private var compared: String { isComplete ? "the whole bundle" : "the public part" }

        var text: String {
            guard let difference else {
                return "built again: \(compared) is the same"
                    + (isComplete ? "\n" : "; the secret part was not compared\n")
            }
            return
                "built again: \(compared) is not the same; the first difference is in \(printable(difference.subject)): "
                + "\(printable(difference.reason, limit: 4000))\n"
                + (difference.diff.map(TerminalFilter.text) ?? "")
        }

        var json: JSONValue {
            var object = JSONObject([
                ("equal", .bool(difference == nil)), ("compared", .string(isComplete ? "all" : "public")),
            ])
            if let difference {
                object["machine"] = difference.machine.map { .string($0) }
                object["path"] = .string(difference.path)
                object["reason"] = .string(difference.reason)
                object["diff"] = difference.diff.map { .string($0) }
            }
            return .object(object)
        }
    }

    /// Nil when it was not asked for, and for a bundle that is damaged: what it says of its files is not true then.
    func result(
        _ bundle: Unbundling.Bundle, _ verification: Verification, _ context: Context, _ format: OutputFormat
    ) async throws -> Outcome? {
        guard let topology, verification.failureCount == 0 else { return nil }
        let input = try TopologyInput.load(topology, context)
        let plan = Planner.plan(try input.requireCluster(strict: false, context, format))
        let (locked, digest) = try LockInput.open(lock, for: topology, context)
        let sources = try TemplateDirectory.read(templates)
        // The public part is the same whatever the secret is.
        let secret = try secrets.map(SecretsFile.read) ?? MasterSecret(bytes: .init(repeating: 0, count: 32))
        let writer = try BundleWriter(
            plan: plan, templates: sources, authorities: Authorities(plan: plan, secret: secret), lock: locked,
            inputs: BuildInputs(topology: input.digest, lock: digest))
        let rebuild = Rebuild(writer, of: bundle, includesSecrets: secrets != nil)
        return Outcome(
            difference: try await rebuild.firstDifference(threads: min(context.processorCount, 8)),
            isComplete: rebuild.includesSecrets)
    }
}
