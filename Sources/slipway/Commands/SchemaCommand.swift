public import ArgumentParser
import BundleFormat
public import TopologySpec

/// `slipway schema topology|lock`
struct SchemaCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema of topologies or lock files, for editors and validators.",
        discussion: """
            An editor with yaml-language-server checks a topology while you type, and explains each key:
              slipway schema topology > topology.schema.json
            and as the topology's first line:
              # yaml-language-server: $schema=topology.schema.json
            The schema says what a file's form is. Whether the cluster makes sense, 'slipway check' says.
            """)

    @Argument(help: "Which: topology or lock.")
    var file: FileSchema

    @OptionGroup var colour: ColourOptions

    func run(_ context: Context) async throws { context.out(JSONOutput.line(file.json)) }
}

extension FileSchema: ExpressibleByArgument {}
