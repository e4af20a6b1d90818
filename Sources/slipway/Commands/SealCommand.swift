import ArgumentParser
import BundleFormat
import Foundation
import HostSystem
import Sealing
import Signing
import SystemPackage
import Unbundling

/// `slipway seal BUNDLE --recipient …`
struct SealCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "seal", abstract: "Encrypt the secret part of a bundle, so that only some can use it.",
        discussion: """
            The public part stays readable; digests and signatures stay as they are. The secret part is an age file: 'age' and 'rage' open it too.
              slipway seal out/ha-1234.tar --recipient age1… --recipient ~/.ssh/id_ed25519.pub
              slipway seal out/ha-1234.tar --passphrase
            Whoever seals the same bundle again has another file: it is the one step that is not reproducible.
            """)

    @Argument(help: "The bundle.", completion: .bundle)
    var bundle: String

    @Option(
        help: ArgumentHelp(
            "Who can open it: age1…, 'ssh-ed25519 AAAA…', or a file with such lines. May be given several times.",
            valueName: "key-or-file"), completion: .file())
    var recipient: [String] = []

    @OptionGroup var passphrase: PassphraseOptions

    @Option(
        help: ArgumentHelp(
            "What is written.", discussion: "Default: the bundle's name with .sealed before its extension.",
            valueName: "file"), completion: .file())
    var out: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var colour: ColourOptions

    func validate() throws {
        guard recipient.isEmpty == passphrase.isGiven else {
            throw ValidationError(
                "name either who can open it (--recipient), or --passphrase: age has no files for both")
        }
    }

    func run(_ context: Context) async throws {
        try await CommandFailure.translating {
            let opened = try Unbundling.Bundle.open(named: bundle)
            guard opened.sealed == nil else { throw BundleError.sealedAlready(file: bundle) }
            // What is damaged could not be opened again.
            guard BundleVerifier(opened, threads: context.processorCount).run().failureCount == 0 else {
                throw CommandFailure(
                    .input, "\(bundle) is damaged and was not sealed", help: "slipway verify \(bundle) lists why")
            }
            let target = SealedFiles.target(out, of: bundle, named: { $0 + ".sealed" })
            try SealedFiles.requireFree(target)
            let recipients: Recipients =
                if let passphrase = try passphrase.read(confirming: true) { .passphrase(passphrase) } else {
                    .keys(try recipient.flatMap(Self.recipients))
                }
            let digest = try BundleSealer.seal(opened, for: recipients, to: FilePath(target))
            try SealedFiles.copySignatures(from: bundle, to: target)
            let how =
                switch recipients {
                case .keys(let keys): "for \(keys.count) recipient\(keys.count == 1 ? "" : "s")"
                case .passphrase: "with a passphrase"
                }
            switch output.format {
            case .json:
                context.out(
                    JSONOutput.line([
                        "path": .string(target), "bundleDigest": .string("\(opened.bundleDigest)"),
                        "publicDigest": .string("\(opened.publicDigest)"), "sealedDigest": .string("\(digest)"),
                    ]))
            case .text:
                context.out(
                    """
                    path           \(target)
                    sealed         \(how)
                    public digest  \(opened.publicDigest)
                    bundle digest  \(opened.bundleDigest)

                    """)
            }
        }
    }

    private static func recipients(_ text: String) throws(SealingError) -> [Recipient] {
        let isKey = text.hasPrefix("age1") || text.hasPrefix("AGE-") || text.hasPrefix("ssh-")
        return isKey ? [try Recipient(parsing: text)] : try Recipient.list(text)
    }
}

/// `slipway open SEALED --identity FILE`
struct OpenCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "open", abstract: "Decrypt a sealed bundle: the same bytes as before it was sealed.",
        discussion: """
            A sealed bundle can be used without that: 'up', 'verify', 'cat' and 'extract' take the same options and decrypt in memory.
              slipway open ha-1234.sealed.tar --identity ~/.ssh/id_ed25519
            """)

    @Argument(help: "The sealed bundle.", completion: .bundle)
    var bundle: String

    @OptionGroup var identities: IdentityOptions

    @Option(
        help: ArgumentHelp(
            "What is written.", discussion: "Default: the file's name without .sealed.", valueName: "file"),
        completion: .file())
    var out: String?

    @OptionGroup var trust: TrustOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var colour: ColourOptions

    func validate() throws {
        guard identities.isGiven else { throw ValidationError("name the key with --identity FILE, or --passphrase") }
    }

    func run(_ context: Context) async throws {
        try await CommandFailure.translating {
            let target = SealedFiles.target(out, of: bundle) { name in
                name.hasSuffix(".sealed") ? String(name.dropLast(7)) : name + ".opened"
            }
            try SealedFiles.requireFree(target)
            let (opened, signer) = try Unbundling.Bundle.open(
                trusted: bundle, context, allowedSigners: trust.allowedSigners, identities: identities)
            if let signer { trust.tell(signer, bundle, context) }
            guard opened.sealed != nil else { throw BundleError.notSealed(file: bundle) }
            guard BundleVerifier(opened, threads: context.processorCount).run().failureCount == 0 else {
                throw CommandFailure(
                    .input, "\(bundle) is damaged and was not opened",
                    help: "slipway verify \(bundle) with the same key lists why")
            }
            try BundleSealer.open(opened, to: FilePath(target))
            try SealedFiles.copySignatures(from: bundle, to: target)
            switch output.format {
            case .json:
                context.out(
                    JSONOutput.line([
                        "path": .string(target), "bundleDigest": .string("\(opened.bundleDigest)"),
                        "publicDigest": .string("\(opened.publicDigest)"),
                    ]))
            case .text:
                context.out(
                    "path           \(target)\npublic digest  \(opened.publicDigest)\nbundle digest  \(opened.bundleDigest)\n"
                )
            }
        }
    }
}

/// Where a passphrase comes from: never from an argument, which everybody on the computer can read.
struct PassphraseOptions: ParsableArguments {
    @Flag(help: "Ask for a passphrase at the terminal.")
    var passphrase = false

    @Option(
        help: ArgumentHelp(
            "Read the passphrase from the first line of a file, which may be /dev/stdin or /dev/fd/N.",
            valueName: "file"), completion: .file())
    var passphraseFile: String?

    var isGiven: Bool { passphrase || passphraseFile != nil }

    func validate() throws {
        if passphrase, passphraseFile != nil {
            throw ValidationError("--passphrase asks, --passphrase-file reads: only one of them")
        }
    }

    /// Nil when none is to be used.
    ///
    /// - Parameter confirming: asks twice, since a mistyped one opens nothing.
    func read(confirming: Bool = false) throws(SealingError) -> Passphrase? {
        if let passphraseFile { return try Passphrase(contentsOf: passphraseFile) }
        return passphrase ? try Passphrase.ask(confirming: confirming) : nil
    }
}

/// The options of the commands that use what may be sealed.
struct IdentityOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The key for a sealed bundle: a file of age-keygen's, or an OpenSSH private key of type ed25519.",
            valueName: "file"), completion: .file())
    var identity: [String] = []

    @OptionGroup var passphrase: PassphraseOptions

    var isGiven: Bool { !identity.isEmpty || passphrase.isGiven }

    func read() throws(SealingError) -> [Identity] {
        var identities: [Identity] = []
        for path in identity { identities += try Identity.list(path) }
        if let passphrase = try passphrase.read() { identities.append(.passphrase(passphrase)) }
        return identities
    }
}

/// The files that sealing and opening write.
private enum SealedFiles {
    /// The name that was given, else one beside the bundle.
    static func target(_ out: String?, of bundle: String, named name: (String) -> String) -> String {
        if let out { return out }
        var path = FilePath(bundle)
        let ending = path.extension
        path.extension = nil
        let stem = name(path.lastComponent?.string ?? "bundle")
        path.removeLastComponent()
        return path.appending(ending.map { "\(stem).\($0)" } ?? stem).string
    }

    /// Nothing is replaced: an older file may be the only one that somebody can open.
    static func requireFree(_ path: String) throws(CommandFailure) {
        guard !Files<SystemError>.exists(path) else {
            throw CommandFailure(.input, "\(path) is there already", help: "--out FILE names another")
        }
    }

    /// A signature is over the bundle's own index, whether or not its secret part is sealed.
    static func copySignatures(from bundle: String, to target: String) throws(SigningError) {
        let signatures = try SignatureFile(beside: FilePath(bundle)).read()
        let file = SignatureFile(beside: FilePath(target))
        for signature in signatures { try file.add(signature) }
    }
}
