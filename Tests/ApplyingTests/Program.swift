import Foundation

/// The `slipway-apply` that was built beside the tests.
enum Program {
    /// Nil when the tests run from somewhere else.
    static var path: String? {
        let candidates = [
            CommandLine.arguments.first ?? "",
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "",
        ]
        return candidates.lazy.map {
            (($0 as NSString).deletingLastPathComponent as NSString).appendingPathComponent("slipway-apply")
        }
        .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    struct Result {
        /// Negative: the signal that ended it.
        let status: Int32
        let output: String
        let errors: String
    }

    static func run(_ arguments: [String], faults: String? = nil) throws -> Result {
        guard let path else { throw CocoaError(.fileNoSuchFile) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = faults.map { ["SLIPWAY_FAULTS": $0] } ?? [:]
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let errorText = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let isSignal = process.terminationReason == .uncaughtSignal
        return Result(
            status: isSignal ? -process.terminationStatus : process.terminationStatus, output: text, errors: errorText)
    }
}
