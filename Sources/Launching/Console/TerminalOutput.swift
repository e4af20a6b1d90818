import Foundation
public import HostSystem

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
