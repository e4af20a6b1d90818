import ArgumentParser
import UTM

/// `slipway collect-console DIRECTORY`: what `up` leaves running beside a machine under UTM. Nobody types it.
struct CollectConsoleCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "collect-console", abstract: "Keep what a machine under UTM writes to its console.",
        shouldDisplay: false)

    @Argument(help: "The machine's directory in its instance.")
    var directory: String

    @OptionGroup var colour: ColourOptions

    func run(_ context: Context) async throws {
        try await CommandFailure.translating { try UTMConsole.collect(in: directory) }
    }
}
