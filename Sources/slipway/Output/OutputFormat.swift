import ArgumentParser

/// How a result is written: for a person, or for a program.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    case text, json
}

/// The option that every command has.
struct OutputOptions: ParsableArguments {
    @Option(help: "How results are written: text, or json for programs.")
    var format = OutputFormat.text
}
