import Foundation
import Synchronization

/// A terminal's alternate screen, which leaves the one before it as it was: xterm's control sequences, private modes 1049, 25 and 7.
///
/// However the program ends, the terminal has its own screen and its cursor again: at the end of ``show(on:_:)``, when ctrl-C is pressed,
/// when the program is told to end, or when its terminal is closed. It ends by the signal then, as its shell expects.
final class FullScreen: Sendable {
    struct Size: Hashable, Sendable {
        let columns, rows: Int
    }

    /// How large the terminal behind a file descriptor is; nil when that is none, or it does not say.
    static func size(of descriptor: Int32) -> Size? {
        var window = winsize()
        guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0, window.ws_row > 0 else {
            return nil
        }
        return Size(columns: Int(window.ws_col), rows: Int(window.ws_row))
    }

    /// What is shown, for a screen of any size: one string a line, without control sequences that move.
    typealias Content = @Sendable (Size) -> [String]

    private struct State {
        var isOpen = true
        var content: Content = { _ in [] }
    }

    private let state = Mutex(State())
    private let write: @Sendable (String) -> Void

    private init(_ write: @escaping @Sendable (String) -> Void) { self.write = write }

    /// Shows a screen as long as the body runs.
    static func show(on context: Context, _ body: (FullScreen) async throws -> Void) async throws {
        let screen = FullScreen(context.out)
        context.out("\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l")
        let ending = [SIGINT, SIGTERM, SIGHUP].map { number in
            handle(number) {
                screen.close()
                signal(number, SIG_DFL)
                kill(getpid(), number)
            }
        }
        let resizing = handle(SIGWINCH) { screen.draw() }
        defer {
            for source in ending + [resizing] { source.cancel() }
            screen.close()
        }
        try await body(screen)
    }

    /// Replaces what is shown. When the terminal changes its size it is asked for again.
    func draw(_ content: @escaping Content) {
        state.withLock { $0.content = content }
        draw()
    }

    private func draw() {
        state.withLock { state in
            guard state.isOpen else { return }
            let size = Self.size(of: STDOUT_FILENO) ?? Size(columns: 80, rows: 24)
            let lines = state.content(size).prefix(size.rows)
            // Nothing follows the last line: a newline there would scroll.
            write("\u{1B}[H" + lines.map { "\($0)\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J")
        }
    }

    private func close() {
        state.withLock { state in
            guard state.isOpen else { return }
            state.isOpen = false
            write("\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l")
        }
    }

    private static func handle(_ number: Int32, _ handler: @escaping @Sendable () -> Void) -> any DispatchSourceSignal {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler(handler: handler)
        source.resume()
        return source
    }
}
