import ArgumentParser
import Foundation

/// `slipway-fuzz SUBJECT…`: reads inputs made at random until one is answered wrongly, or the number is reached.
@main struct FuzzProgram: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "slipway-fuzz", abstract: "Give every reader of foreign bytes inputs made at random.",
        discussion: "Subjects: \(Subject.all.map(\.name).joined(separator: ", ")), every-byte.")

    @Argument(help: "What is to read.")
    var subject: String

    @Option(help: "How many inputs.")
    var count = 10_000

    @Option(help: "Where the random numbers begin; the same seed gives the same inputs.")
    var seed: UInt64 = .random(in: 0...9_999_999)

    @Option(help: "Where an input is left that was answered wrongly.")
    var directory = "out/fuzz"

    @Option(help: "Read this one input instead.")
    var input: String?

    func run() throws {
        // As small as a thread's stack on macOS: nothing may need more, however deep an input goes.
        let thread = Thread { end { try result() } }
        thread.stackSize = 512 << 10
        thread.start()
        while true { sleep(1000) }
    }

    private func result() throws -> String {
        if subject == "every-byte" { return try EveryByte.check(SmallBundle.make().layout.tar()).description }
        guard let chosen = Subject.all.first(where: { $0.name == subject }) else {
            throw ValidationError("there is no subject '\(subject)'")
        }
        if let input {
            let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: input)))
            return "\(try chosen.reader().read(bytes))"
        }
        say("\(subject), seed \(seed)")
        let run = FuzzRun(
            subject: chosen, seed: seed, count: count, directory: URL(fileURLWithPath: directory, isDirectory: true))
        return "\(subject): \(try run.run())"
    }
}

/// Prints at once, so that it is there whatever comes next.
private func say(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }

private func end(_ work: () throws -> String) -> Never {
    do {
        say(try work())
        exit(0)
    } catch {
        say("error: \(error)")
        exit(1)
    }
}
