import ArgumentParser
import Diagnostics
import Foundation
import SystemPackage
import Values

/// What a command may use of the world around it.
struct Context: Sendable {
    /// Results: standard output.
    let out: @Sendable (String) -> Void
    /// Talk, such as findings, progress and errors: standard error.
    let err: @Sendable (String) -> Void
    let environment: [String: String]
    /// Whether what is written to ``out`` may have colours. Each stream is asked for itself: one may be a file.
    private(set) var outHasColour: Bool
    /// Whether what is written to ``err`` may have colours.
    private(set) var errHasColour: Bool
    /// Whether ``err`` is a terminal on which a line can be drawn again.
    let redraws: Bool
    /// The same of ``out``.
    let redrawsOutput: Bool
    /// Whether a person sees what is written to ``err``, whatever the terminal can do.
    let errIsTerminal: Bool
    /// The columns of the terminal that ``out`` is; nil when it is none.
    let outWidth: Int?
    /// The same of ``err``.
    let errWidth: Int?
    /// Whether a person types what is read.
    let isInteractive: Bool
    let processorCount: Int
    /// The clock, for `check` and for the time of a snapshot; never for what is in a bundle.
    let now: @Sendable () -> Timestamp

    /// The real process.
    static func process() -> Context {
        let environment = ProcessInfo.processInfo.environment
        let canMoveCursor = environment["TERM"] != "dumb"
        // https://no-color.org: any value but the empty one.
        let wantsColour = canMoveCursor && environment["NO_COLOR", default: ""].isEmpty
        let (outIsTerminal, errIsTerminal) = (isatty(STDOUT_FILENO) == 1, isatty(STDERR_FILENO) == 1)
        let outWidth = outIsTerminal ? FullScreen.size(of: STDOUT_FILENO)?.columns : nil
        let width = errIsTerminal ? FullScreen.size(of: STDERR_FILENO)?.columns : nil
        return Context(
            out: StandardStreams.writeResult, err: { StandardStreams.writeTalk(Wrapping.sentences($0, to: width)) },
            environment: environment,
            outHasColour: outIsTerminal && wantsColour, errHasColour: errIsTerminal && wantsColour,
            redraws: errIsTerminal && canMoveCursor, redrawsOutput: outIsTerminal && canMoveCursor,
            errIsTerminal: errIsTerminal, outWidth: outWidth, errWidth: width, isInteractive: isatty(STDIN_FILENO) == 1,
            processorCount: ProcessInfo.processInfo.activeProcessorCount,
            now: { Timestamp(secondsSince1970: Int64(Date().timeIntervalSince1970)) })
    }

    /// The same with colours as the command line has it, which wins over NO_COLOR.
    func coloured(_ choice: ColourChoice) -> Context {
        var context = self
        if choice != .auto {
            context.outHasColour = choice == .always
            context.errHasColour = choice == .always
        }
        return context
    }
}

/// A command whose work is a function of its arguments and a ``Context``.
protocol ContextCommand: AsyncParsableCommand {
    var colour: ColourOptions { get }

    /// Does the work.
    ///
    /// - Throws: ``CommandFailure`` and nothing else that a person should see.
    func run(_ context: Context) async throws
}

extension ContextCommand {
    func run() async throws { try await run(Context.process().coloured(colour.color)) }
}

/// Standard output and standard error, which may be full, closed, or a pipe that nobody reads any more.
enum StandardStreams {
    /// Gives a closed standard stream's number to something harmless: otherwise the next file that is opened would get it,
    /// and what is printed would go into that file. The direction is the wrong one, so that use is still an error.
    static func occupy() {
        let modes: [(Int32, FileDescriptor.AccessMode)] = [(0, .writeOnly), (1, .readOnly), (2, .readOnly)]
        // In ascending order: open gives the lowest number that is free.
        for (number, mode) in modes where fcntl(number, F_GETFD) == -1 {
            _ = try? FileDescriptor.open("/dev/null", mode)
        }
    }

    /// Writes a result. What cannot be written ends the program: quietly when the reader went away (`| head`), with a message
    /// otherwise.
    @Sendable static func writeResult(_ text: String) {
        do { try FileDescriptor.standardOutput.writeAll(text.utf8) } catch Errno.brokenPipe {
            exit(ExitStatus.unread.rawValue)
        } catch Errno.badFileDescriptor {
            stop("standard output is closed")
        } catch {
            stop("cannot write to standard output: \(error)")
        }
    }

    /// Writes talk; when that is impossible there is nobody to tell.
    @Sendable static func writeTalk(_ text: String) {
        _ = try? FileDescriptor.standardError.writeAll(text.utf8)
    }

    private static func stop(_ message: String) -> Never {
        writeTalk("error: \(message)\n")
        exit(ExitStatus.environment.rawValue)
    }
}
