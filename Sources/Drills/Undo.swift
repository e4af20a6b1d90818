import Archive
import BundleFormat
import HostSystem
import Launching
import Values

/// What heals one machine. Each may be done again, and on a machine that was never hurt.
enum Undo: Hashable, Sendable {
    case startUnit(machine: String, unit: String)
    case continueUnit(machine: String, unit: String)
    case thaw(machine: String)
    case powerOn(machine: String)
    /// The way to these addresses is found again.
    case reach(machine: String, addresses: [IPv4Address])
    case loseNothing(machine: String)
    case restoreFile(machine: String, path: String)
    case restartUnit(machine: String, unit: String)
    /// A file system that was filled has room again.
    case makeRoom(machine: String, directory: String)
    /// A unit that the drill itself has started ends.
    case endUnit(machine: String, unit: String)
    case knowNames(machine: String)
    case setClockBack(machine: String)
    case unseal(machine: String)
    /// A node takes pods again; the machine is the one that tells the API.
    case uncordon(machine: String, node: String)
    /// A member of etcd goes on with the data that it had.
    case keepData(machine: String)
    /// A member of etcd goes on with what was restored from a snapshot: all members have it, from here on there is no way back.
    case takeRestored(machine: String)

    var machine: String {
        switch self {
        case .startUnit(let machine, _), .continueUnit(let machine, _), .thaw(let machine), .powerOn(let machine),
            .reach(let machine, _), .loseNothing(let machine), .restoreFile(let machine, _),
            .restartUnit(let machine, _), .makeRoom(let machine, _), .endUnit(let machine, _), .knowNames(let machine),
            .setClockBack(let machine), .unseal(let machine), .uncordon(let machine, _), .keepData(let machine),
            .takeRestored(let machine):
            machine
        }
    }

    /// Where a machine keeps a file as it was; the name is the path's digest, so that any path has one.
    static func copy(of path: String) -> String {
        "\(GuestLayout.stateDirectory)/drill-\(Digest(hashing: Array(path.utf8)).hex.prefix(16))"
    }

    /// What sh(1) does inside the machine; nil for what is done from outside.
    var script: [String]? {
        switch self {
        case .thaw, .powerOn: nil
        case .startUnit(_, let unit):
            ["systemctl reset-failed \"$1\" 2>/dev/null || true; systemctl start --no-block \"$1\"", unit]
        case .continueUnit(_, let unit): ["systemctl kill --signal=CONT \"$1\" 2>/dev/null || true", unit]
        case .reach(_, let addresses):
            [#"for a in "$@"; do ip neigh del "$a" dev lan0 2>/dev/null || true; done"#] + addresses.map { "\($0)" }
        case .loseNothing: ["nft delete table inet slipway_drill 2>/dev/null || true"]
        case .restoreFile(_, let path):
            [
                #"if [ -e "$2" ]; then cp -a -- "$2" "$1.slipway-drill"; mv -f -- "$1.slipway-drill" "$1"; sync "$1"; rm -f -- "$2"; fi"#,
                path, Self.copy(of: path),
            ]
        case .restartUnit(_, let unit):
            ["systemctl reset-failed \"$1\" 2>/dev/null || true; systemctl restart --no-block \"$1\"", unit]
        case .makeRoom(_, let directory): [Self.makeRoomScript, directory, Self.copy(of: directory)]
        case .endUnit(_, let unit): ["systemctl stop \"$1\" 2>/dev/null || true", unit]
        case .knowNames: [Self.knowNamesScript]
        case .setClockBack: [Self.setClockBackScript, Self.clock]
        case .unseal: ["systemctl restart --no-block vault-bootstrap.service"]
        case .uncordon(_, let node): ["\(Surgery.kubectl) uncordon \"$1\"", node]
        case .keepData: [Self.keepDataScript, Self.snapshot]
        case .takeRestored: [Self.takeRestoredScript, Self.snapshot]
        }
    }

    /// What the file system was made with is in the second file, where it was made smaller.
    private static let makeRoomScript = #"""
        rm -f -- "$1/.slipway-drill"
        if [ -s "$2" ]; then
          mount -o "remount,$(cat "$2")" "$(findmnt -n -o TARGET -T "$1")"
          rm -f -- "$2"
        fi
        """#

    private static let knowNamesScript = #"""
        for file in /etc/hosts /etc/resolv.conf; do
          while findmnt -n -o SOURCE "$(realpath "$file")" | grep -q slipway-drill; do umount "$(realpath "$file")"; done
        done
        if [ -e /run/slipway-drill-resolved ]; then
          systemctl start --no-block systemd-resolved
          rm -f /run/slipway-drill-resolved
        fi
        """#

    /// Where a machine keeps what its clock was: the boot, and the time of its beginning.
    static let clock = "\(GuestLayout.stateDirectory)/drill-clock"

    /// Where each member of etcd keeps the snapshot that it is restored from.
    static let snapshot = "\(GuestLayout.stateDirectory)/drill-snapshot"

    private static let setClockBackScript = #"""
        if [ -s "$1" ]; then
          read -r boot began <"$1"
          read -r up _ </proc/uptime
          [ "$boot" != "$(cat /proc/sys/kernel/random/boot_id)" ] || date -s "@$((began + ${up%.*}))" >/dev/null
          rm -f -- "$1"
          systemctl start --no-block systemd-timesyncd 2>/dev/null || true
        fi
        """#

    private static let keepDataScript = #"""
        cd /var/lib/etcd
        rm -rf restored
        if [ -d member.slipway-drill ]; then
          systemctl stop etcd
          rm -rf member
          mv member.slipway-drill member
          sync .
        fi
        systemctl start --no-block etcd
        rm -f "$1"
        """#

    private static let takeRestoredScript = #"""
        cd /var/lib/etcd
        if [ -d restored/member ]; then
          systemctl stop etcd
          rm -rf member
          mv restored/member member
          sync .
        fi
        systemctl start --no-block etcd
        rm -rf restored member.slipway-drill "$1"
        """#
}

/// `drill.json` in an instance's directory: what a drill has broken, from before it is broken until it is healed.
struct DrillRecord: Hashable {
    static let version: Int64 = 1

    let drill: String
    let undo: [Undo]

    init(drill: String, undo: [Undo]) {
        self.drill = drill
        self.undo = undo
    }

    /// Nil when nothing is broken.
    static func read(_ paths: InstancePaths) throws(DrillError) -> DrillRecord? {
        guard let bytes = try Files.read(paths.drill) else { return nil }
        do throws(FormatError) { return try DrillRecord(parsing: bytes) } catch {
            throw .launching(.damaged(path: paths.drill, reason: "\(error)"))
        }
    }

    func save(_ paths: InstancePaths) throws(DrillError) {
        try Files.write(CanonicalJSON.encode(json), to: paths.drill)
    }

    init(parsing bytes: [UInt8]) throws(FormatError) {
        let cursor = JSONCursor(try JSONParser.parse(bytes, limits: JSONLimits(byteCount: 4 << 20, depth: 6)))
        let version = try cursor.required("version").integer(in: 1 ... .max)
        guard version <= Self.version else {
            throw .futureVersion(document: "drill.json", found: version, reader: "slipway", supported: Self.version)
        }
        try cursor.only(["version", "drill", "undo"])
        drill = try cursor.required("drill").line(limit: 255)
        undo = try cursor.entries("undo", limit: BundleDescription.machineLimit) { (entry) throws(FormatError) in
            try Undo(decoding: entry)
        }
    }

    var json: JSONValue {
        ["version": .integer(Self.version), "drill": .string(drill), "undo": .array(undo.map(\.json))]
    }
}

extension Undo {
    private enum Kind: String, CaseIterable {
        case startUnit, continueUnit, thaw, powerOn, reach, loseNothing, restoreFile, restartUnit, makeRoom, endUnit
        case knowNames, setClockBack, unseal, uncordon, keepData, takeRestored
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        try cursor.only(["kind", "machine", "unit", "addresses", "path", "node"])
        let machine = try cursor.required("machine").dnsLabel()
        let kind: Kind = try cursor.required("kind").choice()
        switch kind {
        case .startUnit: self = .startUnit(machine: machine, unit: try cursor.required("unit").unitName())
        case .continueUnit: self = .continueUnit(machine: machine, unit: try cursor.required("unit").unitName())
        case .thaw: self = .thaw(machine: machine)
        case .powerOn: self = .powerOn(machine: machine)
        case .reach:
            let addresses = try cursor.entries("addresses", limit: BundleDescription.machineLimit) {
                (entry) throws(FormatError) in try entry.ipv4Address()
            }
            self = .reach(machine: machine, addresses: addresses)
        case .loseNothing: self = .loseNothing(machine: machine)
        case .restoreFile: self = .restoreFile(machine: machine, path: try cursor.required("path").absolutePath())
        case .restartUnit: self = .restartUnit(machine: machine, unit: try cursor.required("unit").unitName())
        case .makeRoom: self = .makeRoom(machine: machine, directory: try cursor.required("path").absolutePath())
        case .endUnit: self = .endUnit(machine: machine, unit: try cursor.required("unit").unitName())
        case .knowNames: self = .knowNames(machine: machine)
        case .setClockBack: self = .setClockBack(machine: machine)
        case .unseal: self = .unseal(machine: machine)
        case .uncordon: self = .uncordon(machine: machine, node: try cursor.required("node").dnsLabel())
        case .keepData: self = .keepData(machine: machine)
        case .takeRestored: self = .takeRestored(machine: machine)
        }
    }

    var json: JSONValue {
        func object(_ kind: Kind, _ more: (String, JSONValue)...) -> JSONValue {
            .object(JSONObject([("kind", .string(kind.rawValue)), ("machine", .string(machine))] + more))
        }
        return switch self {
        case .startUnit(_, let unit): object(.startUnit, ("unit", .string(unit)))
        case .continueUnit(_, let unit): object(.continueUnit, ("unit", .string(unit)))
        case .thaw: object(.thaw)
        case .powerOn: object(.powerOn)
        case .reach(_, let addresses): object(.reach, ("addresses", .strings(addresses.map { "\($0)" })))
        case .loseNothing: object(.loseNothing)
        case .restoreFile(_, let path): object(.restoreFile, ("path", .string(path)))
        case .restartUnit(_, let unit): object(.restartUnit, ("unit", .string(unit)))
        case .makeRoom(_, let directory): object(.makeRoom, ("path", .string(directory)))
        case .endUnit(_, let unit): object(.endUnit, ("unit", .string(unit)))
        case .knowNames: object(.knowNames)
        case .setClockBack: object(.setClockBack)
        case .unseal: object(.unseal)
        case .uncordon(_, let node): object(.uncordon, ("node", .string(node)))
        case .keepData: object(.keepData)
        case .takeRestored: object(.takeRestored)
        }
    }
}
