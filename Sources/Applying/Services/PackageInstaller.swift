import BundleFormat

/// Installs packages from the depot, without a network, as one transaction of several calls of dpkg: stage by stage, so that what a
/// package pre-depends on is installed whole before it is unpacked, and each stage in one call, so that its packages may depend on each
/// other. No service of theirs starts before the machine's files are in place.
///
/// A run that ends in between leaves what dpkg always leaves; the next one installs anew whatever is not whole.
struct PackageInstaller {
    let services: any SystemServices
    let policy: ServicePolicy

    /// Half a minute, in which apt's own timers end as a rule.
    private static let lockRounds = 60

    init(_ session: Session) {
        services = session.services
        policy = ServicePolicy(session.store.disk)
    }

    func install(_ packages: [DesiredPayload]) throws(ApplyError) {
        let present = DpkgList(try services.run(.listPackages).output)
        var stages: [Int: [String]] = [:]
        var seen: Set<String> = []
        for file in packages.lazy.flatMap(\.files) where !present.hasWhole(file.name) {
            if seen.insert(file.hostPath).inserted { stages[file.stage, default: []].append(file.hostPath) }
        }
        guard !stages.isEmpty || present.isUnfinished else { return }
        try policy.put()
        do throws(ApplyError) {
            for (_, paths) in stages.sorted(by: { $0.key < $1.key }) { try run(.installPackages(paths)) }
            // What an interrupted run of somebody else left is put right where it can be, and is not ours where it cannot.
            if present.isUnfinished { _ = try services.run(.configurePackages) }
        } catch {
            try? policy.lift()
            throw error
        }
        try policy.lift()
    }

    /// Waits for another dpkg to end: of apt's timers, or one that outlived a run of ours.
    private func run(_ command: ExternalCommand) throws(ApplyError) {
        for _ in 0..<Self.lockRounds {
            let result = try services.run(command)
            guard result.status == 2, result.output.contains("locked by another process") else {
                guard result.isSuccess else {
                    throw .commandFailed(
                        command: command.description, status: result.status, output: result.lastLines)
                }
                return
            }
            services.pause(milliseconds: 500)
        }
        try services.require(command)
    }
}

/// What dpkg-query says of every package.
struct DpkgList {
    /// By `NAME_VERSION_ARCHITECTURE`.
    private var whole: Set<String> = []
    /// Whether something is unpacked and not configured, or half of either.
    private(set) var isUnfinished = false

    /// For `dpkg-query --showformat`; the abbreviation is of what is wanted, what is, and an error (dpkg-query(1)).
    static let format = "${db:Status-Abbrev}\t${Package}_${Version}_${Architecture}\n"

    init(_ output: String) {
        for line in output.split(separator: "\n") {
            let parts = line.split(separator: "\t")
            guard parts.count == 2, let state = parts[0].dropFirst().first else { continue }
            if state == "i" { whole.insert(String(parts[1])) }
            if "UFHWt".contains(state) { isUnfinished = true }
        }
    }

    /// - Parameter file: `NAME_VERSION_ARCHITECTURE.deb`, a colon written `%3a`; nil where nobody knows what is in it.
    func hasWhole(_ file: String?) -> Bool {
        guard let file, file.hasSuffix(".deb") else { return false }
        var name = ""
        var rest = file.dropLast(4)
        while let percent = rest.firstIndex(of: "%") {
            name += rest[..<percent]
            guard rest[percent...].lowercased().hasPrefix("%3a") else { return false }
            name += ":"
            rest = rest[percent...].dropFirst(3)
        }
        return whole.contains(name + rest)
    }
}

/// `/usr/sbin/policy-rc.d`, which maintainer scripts ask before they start a service (invoke-rc.d(8), deb-systemd-invoke(1p)).
///
/// Ours says no to nobody but the dpkg that the applier runs, known by a variable of its environment. So one that was left by a run that
/// was killed does no harm until the next run removes it. A policy that the machine has is kept beside it, decides for everybody else
/// meanwhile, and comes back.
struct ServicePolicy {
    static let path = "/usr/sbin/policy-rc.d"
    static let keptPath = "\(path).kept"
    static let variable = "SLIPWAY_INSTALLS"
    /// Lines `UNIT ACTION` of what was not done; gone with the next boot, which starts what is enabled.
    static let heldPath = "/run/slipway-held-services"

    /// 101 is for: forbidden by policy.
    static let script = """
        #!/bin/sh
        # slipway-apply installs packages: their services start when the machine's files are in place. Removed afterwards.
        if [ -n "$\(variable)" ]; then
            while [ "${1#--}" != "$1" ]; do shift; done
            echo "$1 $2" >>\(heldPath)
            exit 101
        fi
        [ ! -x \(keptPath) ] || exec \(keptPath) "$@"
        exit 0

        """

    private let disk: DiskOperations
    private var directory: String { RootDirectory.parent(of: Self.path) }

    init(_ disk: DiskOperations) { self.disk = disk }

    func put() throws(ApplyError) {
        try lift()
        // Without the directory there is nobody who would look.
        guard try disk.root.status(directory) != nil else { return }
        if try disk.root.status(Self.path) != nil { try disk.rename(Self.path, to: Self.keptPath) }
        try disk.replace(Self.path, with: Array(Self.script.utf8), mode: 0o755)
    }

    /// Removes what this or an earlier run put there; nothing happens when there is nothing of ours.
    func lift() throws(ApplyError) {
        let status = try disk.root.status(Self.path)
        if let status, try !isOurs(status) { return }
        if try disk.root.status(Self.keptPath) != nil {
            try disk.rename(Self.keptPath, to: Self.path)
        } else if status != nil {
            try disk.remove(Self.path)
        } else {
            return
        }
        try disk.syncDirectory(directory)
    }

    private func isOurs(_ status: FileStatus) throws(ApplyError) -> Bool {
        guard status.kind == .file else { return false }
        return try disk.root.content(of: Self.path, limit: 4096) == Array(Self.script.utf8)
    }

    /// Takes the list of services that were held; each once, in the order in which packages asked.
    func takeHeld() throws(ApplyError) -> [String] {
        guard let bytes = try disk.root.content(of: Self.heldPath, limit: 1 << 20) else { return [] }
        try disk.remove(Self.heldPath)
        var units: [String] = []
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 2, words[1].contains("start"), !words[0].hasPrefix("-") else { continue }
            // A script of System V has no suffix.
            let unit = words[0].contains(".") ? String(words[0]) : "\(words[0]).service"
            if !units.contains(unit) { units.append(unit) }
        }
        return units
    }
}
