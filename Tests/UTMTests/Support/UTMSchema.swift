import Foundation
import Values

/// Which keys a `config.plist` has, and of what type: those that UTM requires, found by taking each away and having UTM's
/// own code decode the rest, and the optional ones that are used.
indirect enum UTMSchema: Sendable {
    case dictionary([String: UTMSchema])
    case array(UTMSchema, count: Int)
    case string([String])
    case text
    case integer
    case bool
    case empty

    static let configuration = UTMSchema.dictionary([
        "Backend": .string(["QEMU"]),
        "ConfigurationVersion": .integer,
        "Display": .empty,
        "Drive": .array(drive, count: 3),
        "Information": .dictionary(["IconCustom": .bool, "Name": .text, "UUID": .text]),
        "Input": .dictionary([
            "MaximumUsbShare": .integer, "UsbBusSupport": .string(["Disabled", "2.0", "3.0"]), "UsbSharing": .bool,
        ]),
        "Network": .array(network, count: 1),
        "QEMU": .dictionary([
            "AdditionalArguments": .empty, "BalloonDevice": .bool, "DebugLog": .bool, "Hypervisor": .bool,
            "PS2Controller": .bool, "RNGDevice": .bool, "RTCLocalTime": .bool, "TPMDevice": .bool, "UEFIBoot": .bool,
        ]),
        "Serial": .array(
            .dictionary([
                "Mode": .string(["Terminal", "TcpClient", "TcpServer", "Ptty"]),
                "Target": .string(["Auto", "Manual", "GDB", "Monitor"]),
            ]), count: 1),
        "Sharing": .dictionary([
            "ClipboardSharing": .bool, "DirectoryShareMode": .string(["None", "WebDAV", "VirtFS"]),
            "DirectoryShareReadOnly": .bool,
        ]),
        "Sound": .empty,
        "System": .dictionary([
            "Architecture": .string(["aarch64", "x86_64"]), "CPU": .text, "CPUCount": .integer, "CPUFlagsAdd": .empty,
            "CPUFlagsRemove": .empty, "ForceMulticore": .bool, "JITCacheSize": .integer, "MemorySize": .integer,
            "Target": .text,
        ]),
    ])

    private static let drive = UTMSchema.dictionary([
        "Identifier": .text, "ImageName": .text,
        "ImageType": .string(["None", "Disk", "CD", "BIOS", "LinuxKernel", "LinuxInitrd", "LinuxDTB"]),
        "Interface": .string(["None", "IDE", "SCSI", "SD", "MTD", "Floppy", "PFlash", "VirtIO", "NVMe", "USB"]),
        "InterfaceVersion": .integer, "ReadOnly": .bool,
    ])

    private static let network = UTMSchema.dictionary([
        "Hardware": .text, "IsolateFromHost": .bool, "MacAddress": .text,
        "Mode": .string(["Emulated", "Shared", "Host", "Bridged"]), "PortForward": .empty, "VlanDhcpEndAddress": .text,
        "VlanGuestAddress": .text,
    ])

    /// Where a decoded value is something else.
    func mismatches(_ value: Any, at path: String = "") -> [String] {
        switch self {
        case .dictionary(let members):
            guard let found = value as? [String: Any] else { return ["\(path) is no dictionary"] }
            let (there, wanted) = (Set(found.keys), Set(members.keys))
            return wanted.subtracting(there).map { "\(path).\($0) is missing" }
                + there.subtracting(wanted).map { "\(path).\($0) is too much" }
                + members.flatMap { key, schema in found[key].map { schema.mismatches($0, at: "\(path).\(key)") } ?? []
                }
        case .array(let element, let count):
            guard let found = value as? [Any], found.count == count else {
                return ["\(path) has not \(count) elements"]
            }
            return found.enumerated().flatMap { element.mismatches($1, at: "\(path)[\($0)]") }
        case .empty: return (value as? [Any])?.isEmpty == true ? [] : ["\(path) is not empty"]
        case .text: return (value as? String)?.isEmpty == false ? [] : ["\(path) is no text"]
        case .string(let known):
            return (value as? String).map(known.contains) == true ? [] : ["\(path) is none of \(known)"]
        case .bool: return Self.isBool(value) ? [] : ["\(path) is no bool"]
        case .integer: return value is Int && !Self.isBool(value) ? [] : ["\(path) is no integer"]
        }
    }

    /// Foundation turns a number into a Bool and back at will; the element's own type is in its description.
    private static func isBool(_ value: Any) -> Bool {
        guard let number = value as? NSNumber else { return value is Bool }
        return unsafe String(cString: number.objCType) == "c" || type(of: value) == Bool.self
    }
}
