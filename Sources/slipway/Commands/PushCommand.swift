import ArgumentParser
import BundleFormat
import Publishing
import Signing
import SystemPackage
import Unbundling
import Values

/// `slipway push BUNDLE oci://HOST/NAME:TAG`
struct PushCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "push", abstract: "Send a bundle to a registry, with its signatures.",
        discussion: """
            Only what the registry lacks is sent. Credentials are those of 'docker login'; plain http is for this computer alone.
              slipway push out/ha-1234.sealed.tar oci://registry.example/clusters/ha:2026-11
            """)

    @Argument(help: "The bundle.", completion: .bundle)
    var bundle: String

    @Argument(help: ArgumentHelp("Where to.", valueName: "oci://host/name:tag"))
    var reference: String

    @Flag(help: "Leave payloads out that are in the bundle.")
    var thin = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var colour: ColourOptions

    func run(_ context: Context) async throws {
        try await CommandFailure.translating {
            let reference = try BundleReference(parsing: reference)
            let opened = try Unbundling.Bundle.open(named: bundle)
            // What comes back is verified: so must be what goes there.
            guard BundleVerifier(opened, threads: context.processorCount).run().failureCount == 0 else {
                throw CommandFailure(
                    .input, "\(bundle) is damaged and was not pushed", help: "slipway verify \(bundle) lists why")
            }
            if opened.sealed == nil, opened.secretManifest != nil {
                context.err(
                    "note: whoever can read \(reference) can read every key of the cluster; slipway seal keeps them for those whom you name\n"
                )
            }
            let signatures = try SignatureFile(beside: FilePath(bundle)).read()
            let summary = try BundlePush(opened, to: reference, environment: context.environment).run(
                signatures: signatures.isEmpty ? nil : Array(signatures.map(\.armoured).joined().utf8),
                withPayloads: !thin)
            switch output.format {
            case .json:
                context.out(
                    JSONOutput.line([
                        "reference": .string("\(reference)"), "digest": .string("\(summary.digest)"),
                        "bundleDigest": .string("\(opened.bundleDigest)"),
                        "sentBlobs": .integer(Int64(summary.sentBlobs)), "sentBytes": .integer(summary.sentBytes),
                        "presentBlobs": .integer(Int64(summary.presentBlobs)),
                        "payloads": .integer(Int64(summary.payloads)),
                        "signatures": .integer(Int64(signatures.count)),
                    ]))
            case .text:
                context.out(
                    """
                    reference      \(reference)
                    sent           \(summary.sentBlobs) blobs, \(summary.sentBytes) bytes; \(summary.presentBlobs) were there
                    signatures     \(signatures.count)
                    index          \(summary.digest)
                    bundle digest  \(opened.bundleDigest)

                    """)
            }
        }
    }
}

/// `slipway pull oci://HOST/NAME:TAG [OUT]`
struct PullCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull", abstract: "Bring a bundle from a registry, with its signatures.",
        discussion: """
            The file is the one that was pushed, byte for byte. Where signers are named, here or with 'slipway trust add', one of them must have signed \
            it: else nothing but its index is fetched. A run that was interrupted is gone on with.
              slipway pull oci://registry.example/clusters/ha:2026-11 ha.tar
            """)

    @Argument(
        help: ArgumentHelp(
            "Where from; @sha256:… instead of a tag is one certain bundle.", valueName: "oci://host/name:tag"))
    var reference: String

    @Argument(
        help: ArgumentHelp("What is written. Default: CLUSTER-DIGEST.tar.", valueName: "file"), completion: .file())
    var out: String?

    @Flag(help: "Leave payloads out that were pushed with it.")
    var thin = false

    @OptionGroup var trust: TrustOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var colour: ColourOptions

    func run(_ context: Context) async throws {
        try await CommandFailure.translating {
            let reference = try BundleReference(parsing: reference)
            let policy = try TrustPolicy.inForce(trust.allowedSigners, context.environment)
            var signer: TrustPolicy.Signer?
            let pull = try BundlePull(
                reference, mirrors: try RegistryMirrors.read(context), environment: context.environment)
            let summary = try pull.run(to: out, withPayloads: !thin) { index, texts in
                let signatures = Self.signatures(texts)
                if let policy {
                    signer = try policy.signer(of: index, signatures: signatures, bundle: "\(reference)")
                }
                return signatures.isEmpty ? nil : Array(signatures.map(\.armoured).joined().utf8)
            }
            if let signer { trust.tell(signer, "\(reference)", context) }
            switch output.format {
            case .json:
                var object = JSONObject([
                    ("path", .string(summary.path)), ("bundleDigest", .string("\(summary.bundleDigest)")),
                    ("fetchedBlobs", .integer(Int64(summary.fetchedBlobs))),
                    ("fetchedBytes", .integer(summary.fetchedBytes)), ("isSigned", .bool(summary.isSigned)),
                ])
                object["signer"] = signer.map { .string($0.name) }
                context.out(JSONOutput.line(.object(object)))
            case .text:
                context.out(
                    """
                    path           \(summary.path)
                    fetched        \(summary.fetchedBlobs) blobs, \(summary.fetchedBytes) bytes
                    signatures     \(summary.isSigned ? "\(summary.path).sig" : "none")
                    bundle digest  \(summary.bundleDigest)

                    """)
            }
        }
    }

    /// What anyone may have pushed: texts that are no signatures are left out. One that does not hold must not stand in the way of one by the same key.
    private static func signatures(_ texts: [[UInt8]]) -> [BundleSignature] {
        var seen: Set<String> = []
        let all = texts.flatMap { text in
            String(validating: text, as: UTF8.self).flatMap(BundleSignature.all) ?? []
        }
        return Array(all.filter { seen.insert($0.armoured).inserted }.prefix(SignatureFile.countLimit))
    }
}
