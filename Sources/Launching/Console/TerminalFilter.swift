import Foundation
public import HostSystem

/// Takes out of what machines write all that would have a terminal do anything but show text: ECMA-48's escape sequences and
/// control characters. New lines and tabs stay. What is shown may be false, but it cannot change the screen, the terminal's
/// title or the clipboard, or have the terminal type an answer.
public struct TerminalFilter: Sendable {
    private enum State {
        case text
        /// After ESC.
        case escape
        /// In a control sequence, which ends with a letter.
        case sequence
        /// In a control string, which ends with BEL or ST, or here with its line: nothing may stay hidden for long.
        case string
        /// After ESC in a control string: a backslash ends it.
        case stringEscape
        /// After 0xC2, which begins a control character of the second set when 0x80 to 0x9F follows.
        case secondSet
    }

    private var state = State.text
    /// Bytes that are still to come of a character in UTF-8.
    private var missing = 0
    /// Whether the cursor may go back within its line, which is how a shell on a serial line echoes.
    private let keepsLineEditing: Bool

    public init(keepsLineEditing: Bool = false) { self.keepsLineEditing = keepsLineEditing }

    /// What is left of the next bytes. Sequences and characters may begin in one piece and end in another.
    public mutating func pass(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        for byte in bytes { take(byte, into: &result) }
        return result
    }

    /// The same for a text that is whole.
    public static func text(_ text: String) -> String {
        var filter = TerminalFilter()
        return String(decoding: filter.pass(text.utf8), as: UTF8.self)
    }

    private mutating func take(_ byte: UInt8, into result: inout [UInt8]) {
        switch state {
        case .text: takeText(byte, into: &result)
        case .escape:
            switch byte {
            case UInt8(ascii: "["): state = .sequence
            case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "X"), UInt8(ascii: "^"), UInt8(ascii: "_"):
                state = .string
            case 0x20...0x2F: break
            default:
                state = .text
                if byte < 0x20 { takeText(byte, into: &result) }
            }
        case .sequence:
            if byte < 0x20 {
                state = .text
                takeText(byte, into: &result)
            } else if (0x40...0x7E).contains(byte) {
                state = .text
            }
        case .string:
            switch byte {
            case 0x07: state = .text
            case 0x1B: state = .stringEscape
            case 0x0A:
                state = .text
                result.append(byte)
            default: break
            }
        case .stringEscape: state = byte == UInt8(ascii: "\\") ? .text : .string
        case .secondSet:
            state = .text
            if (0xA0...0xBF).contains(byte) {
                result += [0xC2, byte]
            } else if !(0x80...0x9F).contains(byte) {
                takeText(byte, into: &result)
            }
        }
    }

    private mutating func takeText(_ byte: UInt8, into result: inout [UInt8]) {
        let continues = (0x80...0xBF).contains(byte)
        if continues, missing > 0 {
            missing -= 1
            result.append(byte)
            return
        }
        missing = 0
        switch byte {
        case 0x0A, 0x09, 0x20...0x7E: result.append(byte)
        case 0x0D, 0x08: if keepsLineEditing { result.append(byte) }
        case 0x1B: state = .escape
        case 0xC2: state = .secondSet
        case 0xC3...0xF4:
            missing = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3
            result.append(byte)
        // Control characters, and bytes that no character begins with.
        default: break
        }
    }
}

/// Runs programs that print what machines wrote.
public enum TerminalOutput {
    /// Becomes the program; where its output goes to a terminal, runs it as a child instead and passes on what
    /// ``TerminalFilter`` leaves of it. Returns only by throwing: the program's status is this process's.
    ///
    /// - Parameter raw: hands everything on as it is.
    public static func become(_ command: ExternalCommand, raw: Bool) throws(LaunchError) -> Never {
        if raw || isatty(STDOUT_FILENO) == 0 {
            do throws(SystemError) { try command.become() } catch { throw LaunchError(error) }
        }
        var filter = TerminalFilter()
        let result = try command.stream { (piece) throws(LaunchError) in
            var bytes: [UInt8] = []
            for index in piece.indices { bytes.append(piece[index]) }
            do { try FileHandle.standardOutput.write(contentsOf: Data(filter.pass(bytes))) } catch {
                throw .system(call: "write to", path: "standard output", reason: "nobody reads it")
            }
        }
        FileHandle.standardError.write(Data(TerminalFilter.text(result.errors).utf8))
        exit(result.status)
    }
}
