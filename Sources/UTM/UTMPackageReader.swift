import Foundation
import HostSystem
import Launching

/// Reads a package as UTM does, and knows nothing of what wrote it: the keys that UTM's decoders require and their types, its
/// spelling of each enumeration, and the files that the configuration and `Data` have to have of each other.
///
/// From UTM's Configuration/UTMQemuConfiguration*.swift (`init(from:)`), QEMUConstant.swift (the enumerations) and
/// UTMConfiguration.swift (`load`, `save`, `cleanupAllFiles`), version 5.0.3.
struct UTMPackageReader {
    let package: String
    /// For what is said of it.
    let machine: String
    /// Whether a key that this UTM does not know is a defect: in what we write it is, and a later UTM may save others.
    var isStrict = true

    /// What UTM would refuse, fail of later, or delete; nothing, when the package is right.
    var defects: [UTMDefect] {
        guard let data = FileManager.default.contents(atPath: "\(package)/config.plist"),
            let document = try? unsafe PropertyListSerialization.propertyList(from: data, format: nil) as? [String: Any]
        else { return [.unreadable(machine: machine, reason: "config.plist is no property list")] }
        // UTM takes a file without a backend for one of its old format, and silently makes another machine of it.
        let faults = Self.configuration.faults(in: document, at: "", isStrict)
        guard faults.isEmpty else { return faults.map { .unreadable(machine: machine, reason: $0) } }
        return files(document)
    }

    // MARK: Files, both ways

    private func files(_ document: [String: Any]) -> [UTMDefect] {
        var defects: [UTMDefect] = []
        var referenced: Set<String> = ["tpmdata"]
        let data = "\(package)/Data"
        for drive in document["Drive"] as? [[String: Any]] ?? [] {
            // One without a file is a slot for a medium that somebody inserts.
            guard let name = drive["ImageName"] as? String else { continue }
            referenced.insert(name)
            guard !name.isEmpty, !name.contains("/"), !name.hasPrefix(".") else {
                defects.append(.notRegularName(machine: machine, file: name))
                continue
            }
            guard Files.exists("\(data)/\(name)"), !Files.isDirectory("\(data)/\(name)") else {
                defects.append(.missingFile(machine: machine, file: name))
                continue
            }
            guard drive["ReadOnly"] as? Bool != true else { continue }
            guard let header = try? QcowImage(path: "\(data)/\(name)").header else {
                defects.append(.notQcow2(machine: machine, file: name))
                continue
            }
            if header.hasBackingFile { defects.append(.backingFile(machine: machine, file: name)) }
        }
        let information = document["Information"] as? [String: Any]
        if information?["IconCustom"] as? Bool == true, let icon = information?["Icon"] as? String {
            referenced.insert(icon)
        }
        let emulator = document["QEMU"] as? [String: Any]
        if emulator?["UEFIBoot"] as? Bool == true { referenced.insert("efi_vars.fd") }
        if emulator?["DebugLog"] as? Bool == true { referenced.insert("debug.log") }
        // The Finder's own; UTM deletes it too, and nobody misses it.
        referenced.insert(".DS_Store")
        for file in Files.names(in: data) where !referenced.contains(file) {
            defects.append(.unreferencedFile(machine: machine, file: file))
        }
        return defects
    }

    // MARK: Keys

    /// What a value has to be.
    private indirect enum Rule: Sendable {
        case text, integer, bool, anything
        case number(Int)
        case word([String])
        case list(Rule)
        case record(required: [String: Rule], optional: [String: Rule])

        func faults(in value: Any, at path: String, _ isStrict: Bool) -> [String] {
            switch self {
            case .anything: return []
            case .number(let wanted): return value as? Int == wanted ? [] : ["\(path) is not \(wanted)"]
            case .text: return value is String ? [] : ["\(path) is not a string"]
            case .bool: return Self.isBool(value) ? [] : ["\(path) is not a boolean"]
            case .integer: return value is Int && !Self.isBool(value) ? [] : ["\(path) is not an integer"]
            case .word(let known):
                guard let word = value as? String, known.contains(word) else {
                    return ["\(path) is '\(value)'; expected one of \(known.joined(separator: ", "))"]
                }
                return []
            case .list(let element):
                guard let elements = value as? [Any] else { return ["\(path) is not an array"] }
                return elements.enumerated().flatMap { element.faults(in: $1, at: "\(path)[\($0)]", isStrict) }
            case .record(let required, let optional):
                guard let members = value as? [String: Any] else { return ["\(path) is not a dictionary"] }
                let prefix = path.isEmpty ? "" : "\(path)."
                let missing = required.keys.filter { members[$0] == nil }.sorted().map { "\(prefix)\($0) is missing" }
                return missing
                    + members.sorted { $0.key < $1.key }.flatMap { key, value in
                        // What UTM does not know it forgets when it saves.
                        guard let rule = required[key] ?? optional[key] else {
                            return isStrict ? ["\(prefix)\(key) is unknown to UTM"] : []
                        }
                        return rule.faults(in: value, at: "\(prefix)\(key)", isStrict)
                    }
            }
        }

        /// Foundation turns a number into a Bool and back at will; the element's own type is in its description.
        private static func isBool(_ value: Any) -> Bool {
            guard let number = value as? NSNumber else { return value is Bool }
            return unsafe String(cString: number.objCType) == "c" || type(of: value) == Bool.self
        }
    }

    private static let configuration = Rule.record(
        required: [
            "Backend": .word(["QEMU"]), "ConfigurationVersion": .number(4), "Information": information,
            "System": system,
            "QEMU": emulator, "Input": input, "Sharing": sharing, "Display": .list(.anything),
            "Drive": .list(drive), "Network": .list(network), "Serial": .list(serial),
            "Sound": .list(.anything),
        ], optional: [:])

    private static let information = Rule.record(
        required: ["IconCustom": .bool, "Name": .text, "UUID": .text], optional: ["Icon": .text, "Notes": .text])

    private static let system = Rule.record(
        required: [
            "Architecture": .word(["aarch64", "x86_64"]), "Target": .text, "CPU": .text, "CPUFlagsAdd": .list(.text),
            "CPUFlagsRemove": .list(.text), "CPUCount": .integer, "ForceMulticore": .bool, "MemorySize": .integer,
            "JITCacheSize": .integer,
        ], optional: [:])

    private static let emulator = Rule.record(
        required: [
            "AdditionalArguments": .list(.text), "BalloonDevice": .bool, "DebugLog": .bool, "Hypervisor": .bool,
            "PS2Controller": .bool, "RNGDevice": .bool, "RTCLocalTime": .bool, "TPMDevice": .bool, "UEFIBoot": .bool,
        ], optional: ["TSO": .bool, "MachinePropertyOverride": .text])

    private static let input = Rule.record(
        required: [
            "UsbBusSupport": .word(["Disabled", "2.0", "3.0"]), "UsbSharing": .bool, "MaximumUsbShare": .integer,
        ], optional: [:])

    private static let sharing = Rule.record(
        required: [
            "ClipboardSharing": .bool, "DirectoryShareMode": .word(["None", "WebDAV", "VirtFS"]),
            "DirectoryShareReadOnly": .bool,
        ], optional: [:])

    private static let drive = Rule.record(
        required: [
            "Identifier": .text,
            "ImageType": .word(["None", "Disk", "CD", "BIOS", "LinuxKernel", "LinuxInitrd", "LinuxDTB"]),
            "Interface": .word(["None", "IDE", "SCSI", "SD", "MTD", "Floppy", "PFlash", "VirtIO", "NVMe", "USB"]),
        ], optional: ["ImageName": .text, "InterfaceVersion": .integer, "ReadOnly": .bool])

    private static let network = Rule.record(
        required: [
            "Mode": .word(["Emulated", "Shared", "Host", "Bridged"]), "Hardware": .text, "MacAddress": .text,
            "IsolateFromHost": .bool,
            "PortForward": .list(
                .record(
                    required: ["Protocol": .word(["TCP", "UDP"]), "HostPort": .integer, "GuestPort": .integer],
                    optional: ["HostAddress": .text, "GuestAddress": .text])),
        ],
        optional: [
            "BridgeInterface": .text, "HostNetUuid": .text, "VlanGuestAddress": .text, "VlanGuestAddressIPv6": .text,
            "VlanHostAddress": .text, "VlanHostAddressIPv6": .text, "VlanDhcpStartAddress": .text,
            "VlanDhcpEndAddress": .text, "VlanDhcpDomain": .text, "VlanDnsServerAddress": .text,
            "VlanDnsServerAddressIPv6": .text, "VlanDnsSearchDomain": .text,
        ])

    private static let serial = Rule.record(
        required: [
            "Mode": .word(["Terminal", "TcpClient", "TcpServer", "Ptty"]),
            "Target": .word(["Auto", "Manual", "GDB", "Monitor"]),
        ],
        optional: [
            "Terminal": .anything, "Hardware": .text, "TcpHostAddress": .text,
            "TcpPort": .integer, "WaitForConnection": .bool, "RemoteConnectionAllowed": .bool,
        ])
}
