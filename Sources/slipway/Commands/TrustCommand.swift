import ArgumentParser
import BundleFormat
import Signing
import Values

/// `slipway trust`
struct TrustCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trust", abstract: "Choose whose signatures this account asks of a bundle.",
        discussion: """
            The names stand in $XDG_CONFIG_HOME/slipway/allowed_signers (or ~/.config), a file of ssh-keygen's. While it is there, bundles that none of them has \
            signed are refused by every command that uses one.
            """,
        subcommands: [Add.self, List.self, Remove.self])

    /// `slipway trust add NAME KEY.pub`
    struct Add: ContextCommand {
        static let configuration = CommandConfiguration(
            commandName: "add", abstract: "Accept bundles that this key has signed.")

        @Argument(help: "What to call the signer, such as ops@example.org.")
        var name: String

        @Argument(
            help: ArgumentHelp("The signer's public key.", valueName: "key.pub"), completion: .file(extensions: ["pub"])
        )
        var key: String

        @OptionGroup var output: OutputOptions
        @OptionGroup var colour: ColourOptions

        func run(_ context: Context) async throws {
            try await CommandFailure.translating {
                let policy = try TrustCommand.policy(context)
                let fingerprint = try policy.add(name, publicKey: key)
                switch output.format {
                case .json:
                    context.out(
                        JSONOutput.line([
                            "path": .string(policy.path), "name": .string(name), "key": .string(fingerprint),
                        ]))
                case .text: context.out("\(policy.path): \(name) \(fingerprint)\n")
                }
            }
        }
    }

    /// `slipway trust list`
    struct List: ContextCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the signers that are accepted.")

        @OptionGroup var output: OutputOptions
        @OptionGroup var colour: ColourOptions

        func run(_ context: Context) async throws {
            try await CommandFailure.translating {
                let policy = try TrustCommand.policy(context)
                let entries = try policy.entries()
                switch output.format {
                case .json:
                    context.out(
                        JSONOutput.line([
                            "path": .string(policy.path),
                            "signers": .array(entries.map { ["names": .string($0.names), "key": .string($0.rest)] }),
                        ]))
                case .text:
                    guard try TrustPolicy.inForce(nil, context.environment) != nil else {
                        return context.out("nobody is named: bundles are used whoever signed them\n")
                    }
                    var table = TextTable("SIGNER", "KEY")
                    for entry in entries { table.add(printable(entry.names), printable(entry.rest)) }
                    context.out(
                        entries.isEmpty
                            ? "\(policy.path) names nobody: no bundle is used\n" : table.text(width: context.outWidth))
                }
            }
        }
    }

    /// `slipway trust remove NAME`
    struct Remove: ContextCommand {
        static let configuration = CommandConfiguration(
            commandName: "remove", abstract: "Stop accepting a signer's bundles.",
            discussion:
                "When no signer is left, no bundle is accepted; delete the file to accept bundles of everybody again.")

        @Argument(help: "The signer's name.")
        var name: String

        @OptionGroup var output: OutputOptions
        @OptionGroup var colour: ColourOptions

        func run(_ context: Context) async throws {
            try await CommandFailure.translating {
                let policy = try TrustCommand.policy(context)
                let count = try policy.remove(name)
                switch output.format {
                case .json:
                    context.out(JSONOutput.line(["path": .string(policy.path), "removed": .integer(Int64(count))]))
                case .text: context.out("\(policy.path): \(name) removed\n")
                }
            }
        }
    }

    /// The standing policy's file, whether or not it is there.
    private static func policy(_ context: Context) throws(CommandFailure) -> TrustPolicy {
        guard let path = TrustPolicy.standardPath(context.environment) else {
            throw CommandFailure(.environment, "neither HOME nor XDG_CONFIG_HOME is set", help: "set HOME")
        }
        return TrustPolicy(path: path)
    }
}
