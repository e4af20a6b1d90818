import Foundation

/// An external program that a test asks for its opinion.
enum Tool {
    /// Whether the program is installed. In CI a missing one is a failure, not a skip: see `CI` in the environment.
    static func isUsable(_ name: String) -> Bool {
        path(of: name) != nil || ProcessInfo.processInfo.environment["CI"] != nil
    }

    private static func path(of name: String) -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        // The system's own programs first: a shim elsewhere may need a home directory.
        let directories: [String] =
            ["/usr/bin", "/bin", "/usr/sbin", "/sbin"] + path.split(separator: ":").map(String.init)
        return directories.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    struct Result {
        let status: Int32
        let output: String
        let errors: String
    }

    /// Runs a program and waits for it; output goes through files, so that a full pipe cannot block it.
    static func run(_ name: String, _ arguments: [String], in directory: Scratch, environment: [String: String] = [:])
        throws -> Result
    {
        guard let executable = path(of: name) else { throw Missing(name: name) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"].merging(environment)
        { $1 }
        let tag = UUID().uuidString
        let outputPath = try directory.write("out-\(tag)", [])
        let errorPath = try directory.write("err-\(tag)", [])
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: outputPath))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errorPath))
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        defer {
            try? FileManager.default.removeItem(atPath: outputPath)
            try? FileManager.default.removeItem(atPath: errorPath)
        }
        return Result(
            status: process.terminationStatus,
            output: String(decoding: try directory.bytes("out-\(tag)"), as: UTF8.self),
            errors: String(decoding: try directory.bytes("err-\(tag)"), as: UTF8.self))
    }

    struct Missing: Error, CustomStringConvertible {
        let name: String
        var description: String { "\(name) is not installed" }
    }
}
