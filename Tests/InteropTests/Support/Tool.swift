import Foundation

/// A program of this machine that judges what we made.
struct Tool: Sendable {
    let name: String
    /// Where it is; `nil` when this machine has none.
    let path: String?

    /// Looks for a program.
    ///
    /// - Parameter variable: an environment variable that `Tests/provision` may have set to the program's path.
    init(_ name: String, variable: String? = nil) {
        let environment = ProcessInfo.processInfo.environment
        let named = variable.flatMap { environment[$0] }
        let directories = (environment["PATH"] ?? "").split(separator: ":").map(String.init) + ["/usr/sbin", "/sbin"]
        let candidates = [named].compactMap { $0 } + directories.map { "\($0)/\(name)" }
        self.name = name
        path = candidates.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Runs it and waits for its end.
    ///
    /// - Throws: ``ToolMissing`` when this machine has none, ``Child/TimedOut``.
    func run(_ arguments: [String], in directory: URL? = nil, limit: Duration = .seconds(60)) throws -> Child.Outcome {
        try Child.run([try requirePath()] + arguments, in: directory, limit: limit)
    }

    func requirePath() throws(ToolMissing) -> String {
        guard let path else { throw ToolMissing(names: [name]) }
        return path
    }
}

extension Tool {
    static let cloudInit = Tool("cloud-init")
    static let etcd = Tool("etcd", variable: "SLIPWAY_ETCD")
    static let etcdctl = Tool("etcdctl", variable: "SLIPWAY_ETCDCTL")
    static let go = Tool("go")
    static let haproxy = Tool("haproxy")
    static let haproxy3 = Tool("haproxy3", variable: "SLIPWAY_HAPROXY3")
    static let blkid = Tool("blkid")
    static let isoinfo = Tool("isoinfo")
    static let ip = Tool("ip")
    static let kubectl = Tool("kubectl", variable: "SLIPWAY_KUBECTL")
    static let openssl = Tool("openssl")
    /// One with PyYAML and python-hcl2.
    static let python = Tool("python3", variable: "SLIPWAY_PYTHON")
    static let setpriv = Tool("setpriv")
    static let shellcheck = Tool("shellcheck")
    static let skopeo = Tool("skopeo")
    static let sshd = Tool("sshd")
    static let sshKeygen = Tool("ssh-keygen")
    static let systemdAnalyze = Tool("systemd-analyze")
    static let tar = Tool("tar")
    static let xorriso = Tool("xorriso")
}

/// A test asked for a program that is not on this machine.
struct ToolMissing: Error, CustomStringConvertible {
    let names: [String]
    var description: String {
        "not on this machine: \(names.joined(separator: ", ")); Tests/provision installs it on Debian"
    }
}
