import Foundation
import TestSupport
import Testing

/// systemd's own word on every unit of every machine, with the machine's files in place.
@Suite(.serialized, .needsRoot(.systemdAnalyze))
struct SystemdTests {
    @Test(arguments: ["ha", "ha-full", "simple"]) func everyUnitVerifiesWithoutAWarning(topology: String) throws {
        let bundle = try #require(BuiltBundle.all[topology]).get()
        for machine in representatives(of: bundle) {
            let units = try FileManager.default.contentsOfDirectory(
                atPath: bundle.path(machine.name, "/etc/systemd/system")
            )
            .filter { $0.hasSuffix(".service") }.sorted()
            #expect(!units.isEmpty)
            let outcome = try MachineRoot(bundle: bundle, machine: machine.name).run(
                ["/bin/sh", "-c", Self.script, "sh"] + units.map { "/etc/systemd/system/\($0)" })
            #expect(outcome.status == 0, "\(machine.name): \(outcome.transcript)")
            #expect(outcome.output + outcome.errors == "", "\(machine.name)")
        }
    }

    /// systemd-analyze ends with 0 after a mere warning: what it prints must count.
    @Test func aMistakeIsNoticed() throws {
        let root = MachineRoot(bundle: try BuiltBundle.ha.get(), machine: "etcd-1")
        let unit = "/etc/systemd/system/etcd.service"
        let outcome = try root.run([
            "/bin/sh", "-c", "sed -i 's/^Restart=/Restrat=/' \"$1\"\n" + Self.script, "sh", unit,
        ])
        #expect(outcome.errors.contains("Restrat"), "\(outcome.transcript)")
    }

    /// One machine of each role: the others have the same units.
    private func representatives(of bundle: BuiltBundle) -> [BuiltBundle.Machine] {
        var seen: Set<String> = []
        return bundle.machines.filter { seen.insert($0.role).inserted }
    }

    /// Payloads are not installed here: their programs get an empty stand-in, only where nothing else lies. Whatever
    /// systemd-analyze says then is a fault, exit 0 or not.
    private static let script = """
        set -eu
        sed -nE 's/^Exec[A-Za-z]*=[-@:+!]*([^ ]+).*/\\1/p' "$@" | sort -u | while read -r program; do
            case $program in
            /usr/local/bin/*|/usr/local/sbin/*|/usr/sbin/keepalived) [ -e "$program" ] || install -m 755 /dev/null "$program" ;;
            esac
        done
        systemd-analyze verify --man=no --recursive-errors=yes "$@"
        """
}
