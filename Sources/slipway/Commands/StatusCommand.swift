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
            Ends with 0 only when all is well, else with 3. With --watch a terminal shows it on a screen of its own, with what has
            changed since; elsewhere it is printed again when it has changed, with --format json each time, one line each.
            """)

    @OptionGroup var instance: InstanceOptions

    @Argument(help: "Only these machines.", completion: .machine)
    var machines: [String] = []

    @Flag(help: "Look again and again until interrupted.")
    var watch = false

    @Option(help: ArgumentHelp("How long --watch waits between two looks.", valueName: "seconds"))
    var interval = 2

    @OptionGroup var output: OutputOptions
    @OptionGroup var colour: ColourOptions

    func validate() throws {
        if !(1...3600).contains(interval) { throw ValidationError("--interval takes 1 to 3600 seconds") }
    }

    func run(_ context: Context) async throws {
        try await CommandFailure.translating {
            if watch, output.format == .text, context.redrawsOutput { return try await watchOnScreen(context) }
            var before: String?
            repeat {
                if before != nil { try await Task.sleep(for: .seconds(interval)) }
                let (opened, status) = try await look(context)
                let text = self.text(status, opened, context)
                if output.format == .json || before != text {
                    context.out((before == nil || output.format == .json ? "" : "\n") + text)
                }
                before = text
                // What is not well has been said.
                if !watch, status.health != .healthy { throw CommandFailure(.environment, nil) }
            } while watch
        }
    }

    /// Until the program is told to end.
    private func watchOnScreen(_ context: Context) async throws {
        // A name that does not exist is said where it stays to be read.
        var screen = StatusScreen(name: try instance.open(context).instance.paths.name, colour: context.outHasColour)
        try await FullScreen.show(on: context) { terminal in
            terminal.draw { [screen] in screen.lines($0) }
            while true {
                screen.add(try await look(context).1, at: context.now())
                terminal.draw { [screen] in screen.lines($0) }
                try await Task.sleep(for: .seconds(interval))
            }
        }
    }

    private func look(_ context: Context) async throws -> (Instance, ClusterStatus) {
        let (opened, provider) = try instance.open(context)
        let wanted = try opened.machines(machines)
        let statuses = try await StatusReader(opened, provider).read(wanted)
        let attempts = try opened.record.isSealedOff ? SealedOff.look(opened) : nil
        return (opened, ClusterStatus(statuses, faults: try provider.faults(opened), sealedOff: attempts))
    }

    private func text(_ status: ClusterStatus, _ instance: Instance, _ context: Context) -> String {
        switch output.format {
        case .json: JSONOutput.line(StatusOutput.json(status, instance))
        case .text: StatusOutput.text(status, instance.paths.name, width: context.outWidth)
        }
    }
}
