import Foundation
import TestSupport

/// The lab's tree, booted by systemd-nspawn in a network namespace that has nothing but loopback, over a file system in memory; gone with
/// this object. Who wants to install something here has to bring it.
final class OfflineMachine {
    static let tree = Repository.root.appendingPathComponent("out/lab/base").path
    static let applier = Repository.root.appendingPathComponent("out/lab/payloads/slipway-apply").path

    static var missing: [String] {
        let files = [tree, applier].filter { !FileManager.default.fileExists(atPath: $0) }
        return files.map { "\($0) (make lab-image)" } + ["systemd-nspawn", "nsenter"].filter { Tool($0).path == nil }
    }

    struct Failed: Error, CustomStringConvertible { let description: String }

    private let process: Child
    private let groups: [String]
    /// The machine's first process, as this host numbers it.
    private var first = ""

    /// - Parameter scratch: has `seed-NAME` and `depot`, which the machine sees below /run.
    init(_ scratch: Scratch, named name: String) throws {
        // A machine manages its own cgroup, in whichever hierarchies the host has.
        let mount = "/sys/fs/cgroup"
        let isUnified = FileManager.default.fileExists(atPath: "\(mount)/cgroup.controllers")
        let parents = isUnified ? [mount] : ["\(mount)/systemd", "\(mount)/unified"]
        groups = parents.filter { FileManager.default.fileExists(atPath: $0) }.map {
            "\($0)/\(scratch.url.lastPathComponent)-\(name)"
        }
        for group in groups {
            try FileManager.default.createDirectory(atPath: group, withIntermediateDirectories: false)
        }
        process = try Child(
            starting: [
                try Tool("unshare").requirePath(), "--mount", "--propagation", "slave", "--", "/bin/sh", "-euc",
                Self.preparation, groups.map { "\($0)/cgroup.procs" }.joined(separator: " "), scratch.file(name),
                Self.tree,
                "--machine=\(name)", "--hostname=\(name)", "--bind-ro=\(scratch.file("seed-\(name)")):/run/seed",
                "--bind-ro=\(scratch.file("depot")):/run/depot",
            ], environment: ["SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"])
        try waitUntilItIsUp()
    }

    private static let preparation = """
        for group in $0; do echo 0 >"$group"; done
        mkdir -p "$1"
        mount -t tmpfs -o mode=0755 slipway "$1"
        mkdir "$1/upper" "$1/work" "$1/root"
        mount -t overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" slipway "$1/root"
        mkdir -p /run/systemd/nspawn
        mount -t tmpfs -o mode=0755 slipway /run/systemd/nspawn
        root=$1/root
        shift 2
        exec systemd-nspawn --quiet --register=no --keep-unit --directory="$root" "$@" --private-network \
            --resolv-conf=off --timezone=off --link-journal=no --console=read-only --kill-signal=SIGRTMIN+3 --boot
        """

    deinit {
        if !first.isEmpty { _ = try? inside("systemctl", "poweroff", "--force", "--force") }
        process.stop()
        // A cgroup's files cannot be removed; its directories can, from the innermost.
        for group in groups {
            _ = try? Tool("find").run([group, "-depth", "-type", "d", "-exec", "rmdir", "{}", "+"])
        }
    }

    private func waitUntilItIsUp() throws {
        let end = ContinuousClock.now + .seconds(90)
        while ContinuousClock.now < end, process.isRunning {
            let children = try Tool("pgrep").run(["-P", "\(process.identifier)"]).output.split(separator: "\n")
            if let child = children.last {
                first = String(child)
                let state = try inside("systemctl", "is-system-running").output
                if state.hasPrefix("running") || state.hasPrefix("degraded") { return }
            }
            Thread.sleep(forTimeInterval: 0.2)
        }
        throw Failed(description: "the machine did not boot: \(process.printed)")
    }

    /// Runs a program in the machine as root.
    func inside(_ command: String..., limit: Duration = .seconds(60)) throws -> Child.Outcome {
        try inside(command, limit: limit)
    }

    func inside(_ command: [String], limit: Duration = .seconds(60)) throws -> Child.Outcome {
        try Child.run(
            try enter(command), environment: ["PATH": "/usr/sbin:/usr/bin", "LC_ALL": "C.UTF-8"], limit: limit)
    }

    /// Starts one that goes on by itself.
    func start(_ command: [String]) throws -> Child {
        try Child(starting: try enter(command), environment: ["PATH": "/usr/sbin:/usr/bin", "LC_ALL": "C.UTF-8"])
    }

    private func enter(_ command: [String]) throws -> [String] {
        [try Tool("nsenter").requirePath(), "--target", first, "--mount", "--uts", "--ipc", "--net", "--pid", "--root"]
            + ["--", "/bin/sh", "-c", "cd / && exec \"$@\"", "sh"] + command
    }
}
