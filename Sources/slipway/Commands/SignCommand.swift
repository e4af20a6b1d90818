import ArgumentParser
import BundleFormat
import Signing
import SystemPackage
import Unbundling

/// `slipway sign BUNDLE --key FILE`
struct SignCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign", abstract: "Vouch for a bundle with an SSH key, in a file beside it.",
        discussion: """
            BUNDLE.sig takes any number of signatures and travels with the bundle, whose bytes and digests stay as they are. The key is one of ssh-keygen's: a \
            file, or a public key whose private one ssh-agent or a security key has.
              slipway sign out/ha-1234.tar --key ~/.ssh/id_ed25519
            """)

    @Argument(help: "The bundle.", completion: .bundle)
    var bundle: String

    @Option(
        help: ArgumentHelp("The private key, or the public one of a key in ssh-agent.", valueName: "file"),
        completion: .file())
    var key: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var colour: ColourOptions

    func run(_ context: Context) async throws {
        try await CommandFailure.translating {
            var index: [UInt8] = []
            let opened = try Unbundling.Bundle.open(named: bundle) { index = $0 }
            // Nobody should vouch for what is damaged.
            let verification = BundleVerifier(opened, threads: context.processorCount).run()
            guard verification.failureCount == 0 else {
                throw CommandFailure(
                    .input, "\(bundle) is damaged and was not signed", help: "slipway verify \(bundle) lists why")
            }
            let signature = try BundleSignature.sign(index, key: key)
            let file = SignatureFile(beside: FilePath(bundle))
            let count = try file.add(signature)
            switch output.format {
            case .json:
                context.out(
                    JSONOutput.line([
                        "path": .string(file.path), "key": .string(signature.fingerprint),
                        "bundleDigest": .string("\(opened.bundleDigest)"), "signatures": .integer(Int64(count)),
                    ]))
            case .text:
                context.out(
                    """
                    signature      \(file.path)
                    key            \(signature.keyType) \(signature.fingerprint)
                    bundle digest  \(opened.bundleDigest)

                    """)
            }
        }
    }
}
