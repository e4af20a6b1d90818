import Foundation
import SystemPackage

/// Runs curl and hands on what it fetches.
enum Transfer {
    /// Finds a program as a shell would.
    static func executable(_ name: String, _ environment: [String: String]) throws(PayloadError) -> String {
        for directory in (environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":") where directory.hasPrefix("/") {
            let path = "\(directory)/\(name)"
            if FileManager.default.isExecutableFile(atPath: path) { return path }
        }
        throw .missingTool(name)
    }

    /// Runs the command to its end on the calling thread; `receive` gets the bytes as they come and stops curl by throwing.
    static func run(
        _ command: CurlCommand, _ receive: (Span<UInt8>) throws(PayloadError) -> Void
    ) throws(PayloadError) -> TransferResult {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: command.executable)
        process.arguments = command.arguments
        process.environment = command.environment
        let (output, errors) = (Pipe(), Pipe())
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        do { try process.run() } catch {
            throw .system(operation: "run", path: command.executable, error: .ioError)
        }
        do throws(PayloadError) {
            try drain(FileDescriptor(rawValue: output.fileHandleForReading.fileDescriptor), receive)
        } catch {
            ChildSignals.kill(process.processIdentifier)
            process.waitUntilExit()
            throw error
        }
        // A line or two: they fit into the pipe, so that curl never waits for this.
        let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return TransferResult(curlStatus: process.terminationStatus, errors: text)
    }

    private static func drain(
        _ pipe: FileDescriptor, _ receive: (Span<UInt8>) throws(PayloadError) -> Void
    ) throws(PayloadError) {
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let count: Int
            do { count = try unsafe buffer.withUnsafeMutableBytes { try unsafe pipe.read(into: $0) } } catch {
                throw .system(operation: "read from", path: "curl", error: error as? Errno ?? .ioError)
            }
            if count == 0 { return }
            try receive(buffer.span.extracting(first: count))
        }
    }
}
