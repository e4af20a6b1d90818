import Foundation
import HostSystem
import Launching

/// What `doctor` asks a Mac itself beside UTM. Each answer is a program's; one that cannot be asked says nothing.
struct UTMMac {
    let runner: any CommandRunner
    /// The package that `utmctl` is part of; nil when it is somewhere else.
    let application: String?

    /// What tells a graphical session, a version of UTM and pressed memory from their opposites.
    func findings(state directory: String) -> [Finding] {
        [session, store, pressure].compactMap { $0 } + fileSystem(directory)
    }

    /// launchctl(1): `Aqua` at the desktop, `Background` over SSH and before login, where UTM takes no command.
    private var session: Finding? {
        guard let name = answer(["launchctl", "managername"]) else { return nil }
        if name == "Aqua" { return Finding(.ok, "session", "at the Mac's desktop") }
        return Finding(
            .warning, "session", "this session is '\(name)' and not the desktop's (Aqua): UTM takes no commands here",
            remedy: "Use a terminal in the Mac's own desktop.")
    }

    /// Both are sandboxed; the App Store's comes later and is brought up to date by the App Store alone.
    private var store: Finding? {
        guard let application, application.hasPrefix("/") else { return nil }
        let isFromStore = Files.exists("\(application)/Contents/_MASReceipt/receipt")
        return Finding(.ok, "UTM", isFromStore ? "from the App Store" : "not from the App Store")
    }

    /// 1 is normal, 2 a warning, 4 critical: bsd/sys/event.h, `NOTE_MEMORYSTATUS_PRESSURE_…`.
    private var pressure: Finding? {
        guard let level = answer(["sysctl", "-n", "kern.memorystatus_vm_pressure_level"]) else { return nil }
        if level == "1" { return Finding(.ok, "pressure", "the memory is not pressed") }
        return Finding(
            .warning, "pressure", "macOS says that memory is short (level \(level)): machines will be slow, or killed",
            remedy: "Close other programs, or name fewer machines.")
    }

    private func fileSystem(_ directory: String) -> [Finding] {
        var place = directory
        while place != "/", !place.isEmpty, !Files.exists(place) {
            place = (place as NSString).deletingLastPathComponent
        }
        guard let text = answer(["diskutil", "info", place]) else { return [] }
        if text.lowercased().contains("apfs") {
            return [Finding(.ok, "disk", "\(place) is on APFS" + (purgeable(place) ?? ""))]
        }
        return [
            Finding(
                .warning, "disk", "\(place) is not on APFS: each machine's disk and payloads take their full size",
                remedy: "Set SLIPWAY_STATE to a directory on an APFS volume.")
        ]
    }

    /// What `doctor` calls free is free now. macOS gives up more when it must, local snapshots and caches, but as late as it
    /// likes and not for certain: that is told, and never counted.
    private func purgeable(_ place: String) -> String? {
        let numbers = answer(["osascript", "-l", "JavaScript", "-e", Self.capacities, place])?.split(separator: " ")
        guard let numbers, numbers.count == 2, let free = Int64(numbers[0]), let important = Int64(numbers[1]),
            important - free >= 1 << 30
        else { return nil }
        return "; macOS could purge another \(Resources.size(important - free)), which is not counted as free"
    }

    /// Two of URLResourceKey's values, in bytes: what is free, and the same with what macOS would purge for something important.
    static let capacities = """
        function run(words) {
            ObjC.import('Foundation');
            const keys = ['NSURLVolumeAvailableCapacityKey', 'NSURLVolumeAvailableCapacityForImportantUsageKey'];
            const values = $.NSURL.fileURLWithPath(words[0]).resourceValuesForKeysError($(keys), null);
            return keys.map(key => String(ObjC.unwrap(values.objectForKey(key)))).join(' ');
        }
        """

    private func answer(_ command: [String]) -> String? {
        guard let result = try? runner.run(ExternalCommand(command, timeLimit: 10)), result.status == 0 else {
            return nil
        }
        return result.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

/// The answers that `doctor --report` collects, for whoever has no Mac: docs/macos-assumptions.md, by its numbers.
public enum MacReport {
    /// Asked as they stand here, and no other: nothing that holds a key or names what is not Slipway's.
    static let questions: [(number: String, command: [String])] = [
        ("system", ["sw_vers"]), ("system", ["uname", "-m"]),
        ("1", ["ls", "-l", "/Applications/UTM.app/Contents/MacOS/utmctl"]),
        (
            "2",
            ["sh", "-c", "utmctl=/Applications/UTM.app/Contents/MacOS/utmctl; $utmctl list | head -1; echo status $?"]
        ),
        ("16", ["sh", "-c", "ls /Applications/UTM.app/Contents/_MASReceipt || true"]),
        ("21", ["sh", "-c", "ifconfig | awk '/^bridge/{p=1} /^[a-z]/&&!/^bridge/{p=0} p&&/^bridge|inet /'"]),
        ("26", ["launchctl", "managername"]), ("27", ["sysctl", "-n", "kern.memorystatus_vm_pressure_level"]),
        ("28", ["df", "-k", "/System/Volumes/Data"]),
        ("28", ["osascript", "-l", "JavaScript", "-e", UTMMac.capacities, "/System/Volumes/Data"]),
        ("30", ["sysctl", "-n", "hw.memsize"]),
        ("33", ["sh", "-c", "ls $(brew --prefix qemu)/share/qemu/edk2-aarch64-code.fd"]),
    ]

    /// - Parameter findings: what `doctor` says, as text.
    public static func text(findings: String) -> String { text(findings: findings, runner: ProcessRunner()) }

    static func text(findings: String, runner: any CommandRunner) -> String {
        var text = "# slipway doctor --report\n\n\(findings)\n"
        for (number, command) in questions {
            let result = try? runner.run(ExternalCommand(command, timeLimit: 150))
            let said = result.map { "status \($0.status)\n\($0.output)\($0.errors)" } ?? "cannot be asked here\n"
            text += "\n## \(number): \(command.joined(separator: " "))\n\(said)"
        }
        return text
    }
}
