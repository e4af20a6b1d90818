package import Foundation

/// A program of this machine that judges what we made.
package struct Tool: Sendable {
    package let name: String
    /// Where it is; `nil` when this machine has none.
    package let path: String?

    /// Looks for a program.
    ///
    /// - Parameter variable: an environment variable that `Tests/provision` may have set to the program's path.
    package init(_ name: String, variable: String? = nil) {
        let environment = ProcessInfo.processInfo.environment
        let named = variable.flatMap { environment[$0] }
        let directories = (environment["PATH"] ?? "").split(separator: ":").map(String.init) + ["/usr/sbin", "/sbin"]
        let candidates =
            [named].compactMap { $0 } + (name.hasPrefix("/") ? [name] : directories.map { "\($0)/\(name)" })
        self.name = name
        path = candidates.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// The program, when this machine has it.
    package static func find(_ name: String) -> Tool? {
        let tool = Tool(name)
        return tool.path == nil ? nil : tool
    }

    /// Runs it and waits for its end.
    ///
    /// - Throws: ``ToolMissing`` when this machine has none, ``Child/TimedOut``.
    package func run(
        _ arguments: [String], in directory: URL? = nil, environment: [String: String] = [:], input: String = "",
        limit: Duration = .seconds(300)
    ) throws -> Child.Outcome {
        try Child.run(
            [try requirePath()] + arguments, in: directory, environment: environment, input: input, limit: limit)
    }

    /// The same by name, with texts and times that do not depend on this machine.
    @discardableResult
    package static func run(
        _ name: String, _ arguments: [String], environment: [String: String] = [:]
    ) throws -> Child.Outcome {
        let plain = ["LC_ALL": "C", "TZ": "UTC"].merging(environment) { $1 }
        return try Tool(name).run(arguments, environment: plain)
    }

    package func requirePath() throws(ToolMissing) -> String {
        guard let path else { throw ToolMissing(names: [name]) }
        return path
    }
}

extension Tool {
    package static let cloudInit = Tool("cloud-init")
    package static let etcd = Tool("etcd", variable: "SLIPWAY_ETCD")
    package static let etcdctl = Tool("etcdctl", variable: "SLIPWAY_ETCDCTL")
    package static let go = Tool("go")
    package static let haproxy = Tool("haproxy")
    package static let haproxy3 = Tool("haproxy3", variable: "SLIPWAY_HAPROXY3")
    package static let blkid = Tool("blkid")
    package static let isoinfo = Tool("isoinfo")
    package static let ip = Tool("ip")
    package static let keepalived = Tool("keepalived", variable: "SLIPWAY_KEEPALIVED")
    package static let kubectl = Tool("kubectl", variable: "SLIPWAY_KUBECTL")
    package static let oras = Tool("oras", variable: "SLIPWAY_ORAS")
    package static let openssl = Tool("openssl")
    /// One with PyYAML and python-hcl2.
    package static let python = Tool("python3", variable: "SLIPWAY_PYTHON")
    package static let setpriv = Tool("setpriv")
    package static let shellcheck = Tool("shellcheck")
    package static let skopeo = Tool("skopeo")
    package static let sshd = Tool("sshd")
    package static let sshKeygen = Tool("ssh-keygen")
    package static let systemdAnalyze = Tool("systemd-analyze")
    package static let tar = Tool("tar")
    package static let xorriso = Tool("xorriso")
}
