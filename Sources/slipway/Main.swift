import ArgumentParser
import Foundation

/// Runs a command and turns whatever it throws into a message and one of the documented exit codes.
@main
enum Main {
    static func main() async {
        // libarchive asks the C library for the time zone with every date; without TZ glibc then looks at /etc/localtime
        // hundreds of times per seed. Nothing we write has a local time in it. Set before any other thread exists.
        unsafe setenv("TZ", "UTC0", 1)
        StandardStreams.occupy()
        var context = Context.process()
        do {
            if let failure = Slipway.unknownCommand(in: CommandLine.arguments.dropFirst()) { throw failure }
            let command = try Slipway.parseAsRoot()
            if let command = command as? any ContextCommand {
                context = context.coloured(command.colour.color)
                try await command.run(context)
            } else {
                var command = command
                try command.run()
            }
        } catch let failure as CommandFailure {
            failure.print(to: context)
            exit(failure.status.rawValue)
        } catch {
            // ArgumentParser's own: a request for help, or a mistake in the arguments.
            let message = Slipway.fullMessage(for: error)
            guard Slipway.exitCode(for: error) != .success else {
                context.out(message + "\n")
                exit(ExitStatus.done.rawValue)
            }
            context.err(message + "\n")
            exit(ExitStatus.usage.rawValue)
        }
    }
}
