import ArgumentParser
import BundleFormat
import Launching

/// `slipway status BUNDLE_OR_NAME [MACHINE…]`
struct StatusCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show the health of a cluster, machine by machine, and what was applied.",
        discussion: """
            Healthy is a machine that does what its role is for, checked there with its own credentials. What needs a payload
            that is absent is not looked at.
            Ends with 0 only when all is well, else with 3. With --watch on a terminal the table is drawn anew in place,
            elsewhere it is printed again when it has changed, with --format json each time, one line each.
            """)

    @OptionGroup var instance: InstanceOptions

    @Argument(help: "Only these machines.")
    var machines: [String] = []

    @Flag(help: "Look again and again until interrupted.")
    var watch = false

    @Option(help: ArgumentHelp("How long --watch waits between two looks.", valueName: "seconds"))
    var interval = 2

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if !(1...3600).contains(interval) { throw ValidationError("--interval takes 1 to 3600 seconds") }
    }

    func run(_ context: Context) async throws {
        try await CommandFailure.translating {
            var before: String?
            repeat {
                if before != nil { try await Task.sleep(for: .seconds(interval)) }
                let (opened, status) = try await look(context)
                let text = self.text(status, opened)
                switch output.format {
                case .text where watch && context.redrawsOutput:
                    context.out(Screen.drawing(text, isFirst: before == nil))
                case .text where before == text: break
                case .text: context.out(before == nil ? text : "\n" + text)
                case .json: context.out(text)
                }
                before = text
                // What is not well has been said.
                if !watch, status.health != .healthy { throw CommandFailure(.environment, nil) }
            } while watch
        }
    }

    private func look(_ context: Context) async throws -> (Instance, ClusterStatus) {
        let (opened, provider) = try instance.open(context)
        let wanted = try opened.machines(machines)
        let statuses = try await StatusReader(opened, provider).read(wanted)
        let attempts = try opened.record.isSealedOff ? SealedOff.look(opened) : nil
        return (opened, ClusterStatus(statuses, faults: try provider.faults(opened), sealedOff: attempts))
    }

    private func text(_ status: ClusterStatus, _ instance: Instance) -> String {
        switch output.format {
        case .json: JSONOutput.line(StatusOutput.json(status, instance))
        case .text: StatusOutput.text(status, instance.paths.name)
        }
    }
}

/// A screen that is drawn again in place: ECMA-48's cursor position, erase in line, erase in page.
enum Screen {
    static func drawing(_ text: String, isFirst: Bool) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        // Without DECAWM a line that is too long ends at the edge, and the next one is where it should be.
        return (isFirst ? "\u{1B}[2J" : "") + "\u{1B}[H\u{1B}[?7l" + lines.map { "\($0)\u{1B}[K\n" }.joined()
            + "\u{1B}[J\u{1B}[?7h"
    }
}
