private import Foundation
private import SystemPackage

#if canImport(Darwin)
    private import Darwin
#elseif canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#endif

/// What Linux lets all programs have together, and how much of it is taken: proc(5), inotify(7), arp(7), cgroups(7). What this
/// host does not tell is not there; on macOS nothing is, whose kernel no two machines share.
public struct HostLimits: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// Of one user: this one.
        case inotifyInstances = "inotify instances"
        case inotifyWatches = "inotify watches"
        /// Processes and their threads.
        case tasks = "processes"
        case openFiles = "open files"
        /// Addresses whose MAC is known, in all network namespaces together.
        case neighbours = "ARP table"
        /// Connections that are tracked, in one network namespace.
        case connections = "connections"
    }

    public struct Limit: Hashable, Sendable {
        public let limit: Int64
        public let used: Int64
        /// What sets it.
        public let setting: Setting

        public init(_ limit: Int64, used: Int64, _ setting: Setting) {
            (self.limit, self.used, self.setting) = (limit, used, setting)
        }

        var room: Int64 { limit - used }
    }

    public enum Setting: Hashable, Sendable {
        /// The name that sysctl(8) knows it by.
        case sysctl(String)
        /// `pids.max` of a cgroup.
        case cgroup(path: String)
    }

    public let limits: [Kind: Limit]

    public init(_ limits: [Kind: Limit]) { self.limits = limits }

    /// - Parameter root: what stands in for `/`.
    public static func read(root: String = "") -> HostLimits {
        let proc = Proc(root: root)
        var limits: [Kind: Limit] = [:]
        let inotify = proc.inotify()
        limits[.inotifyInstances] = proc.limit("fs.inotify.max_user_instances", used: inotify.instances)
        limits[.inotifyWatches] = proc.limit("fs.inotify.max_user_watches", used: inotify.watches)
        limits[.tasks] = proc.tasks()
        limits[.openFiles] = proc.limit("fs.file-max", used: proc.number("sys/fs/file-nr") ?? 0)
        limits[.neighbours] = proc.limit("net.ipv4.neigh.default.gc_thresh3", used: proc.neighbours())
        limits[.connections] = proc.limit("net.netfilter.nf_conntrack_max", used: 0)
        return HostLimits(limits)
    }
}

/// A host's `/proc` and its cgroups.
private struct Proc {
    let root: String

    func text(_ path: String) -> String? {
        (try? Files<SystemError>.read("\(root)/\(path)")).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The first number of a file; nil when there is none.
    func number(_ path: String) -> Int64? {
        text("proc/\(path)")?.split(whereSeparator: \.isWhitespace).first.flatMap { Int64($0) }
    }

    func limit(_ name: String, used: Int64) -> HostLimits.Limit? {
        number("sys/" + name.split(separator: ".").joined(separator: "/")).map { .init($0, used: used, .sysctl(name)) }
    }

    /// Of all that limit the number of processes, what leaves the least room.
    func tasks() -> HostLimits.Limit? {
        // `0.20 0.18 0.12 1/80 11206`: the fourth tells how many there are.
        let all = text("proc/loadavg")?.split(separator: " ").dropFirst(3).first?.split(separator: "/").last
        let used = all.flatMap { Int64($0) } ?? 0
        let limits = ["kernel.pid_max", "kernel.threads-max"].compactMap { limit($0, used: used) } + cgroups()
        return limits.min { $0.room < $1.room }
    }

    /// The limits of the cgroup that this process is in and of those above it.
    private func cgroups() -> [HostLimits.Limit] {
        var found: [HostLimits.Limit] = []
        for line in (text("proc/self/cgroup") ?? "").split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, parts[1].isEmpty || parts[1].split(separator: ",").contains("pids") else {
                continue
            }
            let mount = parts[1].isEmpty ? "sys/fs/cgroup" : "sys/fs/cgroup/pids"
            var names = parts[2].split(separator: "/")
            while true {
                let path = ([Substring(mount)] + names).joined(separator: "/")
                if let limit = text("\(path)/pids.max").flatMap({
                    Int64($0.trimmingCharacters(in: .whitespacesAndNewlines))
                }),
                    let used = text("\(path)/pids.current").flatMap({
                        Int64($0.trimmingCharacters(in: .whitespacesAndNewlines))
                    })
                {
                    found.append(.init(limit, used: used, .cgroup(path: "/" + names.joined(separator: "/"))))
                }
                if names.popLast() == nil { break }
            }
        }
        return found
    }

    /// The kernel's statistics begin every line with the number of entries, in hexadecimal.
    func neighbours() -> Int64 {
        let line = text("proc/net/stat/arp_cache")?.split(separator: "\n").dropFirst().first
        return line?.split(separator: " ").first.flatMap { Int64($0, radix: 16) } ?? 0
    }

    /// What this user's processes have, of which the kernel keeps count without telling: inotify(7), proc(5).
    func inotify() -> (instances: Int64, watches: Int64) {
        var (instances, watches): (Int64, Int64) = (0, 0)
        let user = geteuid()
        for name in Files<SystemError>.names(in: "\(root)/proc") where Int32(name) != nil {
            let process = "\(root)/proc/\(name)"
            guard owner(of: process) == user else { continue }
            for file in Files<SystemError>.names(in: "\(process)/fd") {
                guard link("\(process)/fd/\(file)") == "anon_inode:inotify" else { continue }
                instances += 1
                let info = text("proc/\(name)/fdinfo/\(file)") ?? ""
                watches += Int64(info.split(separator: "\n").count { $0.hasPrefix("inotify ") })
            }
        }
        return (instances, watches)
    }

    private func owner(of path: String) -> UInt32? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? status.st_uid : nil
    }

    private func link(_ path: String) -> String? { SystemCalls.target(of: path) }
}
