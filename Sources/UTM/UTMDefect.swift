/// Something in the machines' configurations that UTM would not refuse, and then fail of or do wrong.
enum UTMDefect: Hashable, Sendable, CustomStringConvertible {
    case unknownHardware(machine: String, section: String, name: String, known: [String])
    case emptyName(machine: String)
    case malformedMAC(machine: String, mac: String)
    case malformedUUID(machine: String, uuid: String)
    /// `what` is a name, a UUID, a MAC address; compared as UTM and QEMU compare it.
    case duplicate(what: String, value: String, machines: [String])
    case duplicateDrive(machine: String, identifier: String)
    case notRegularName(machine: String, file: String)
    case missingFile(machine: String, file: String)
    /// UTM deletes such a file when it saves the machine.
    case unreferencedFile(machine: String, file: String)
    case notQcow2(machine: String, file: String)
    case backingFile(machine: String, file: String)
    case writableCD(machine: String, file: String)
    case overlappingDHCP(machine: String, end: String, lowest: String, owner: String)
    case differentSubnets(machine: String, subnet: String, other: String)
    case noMemory(machine: String)
    case unreadable(machine: String, reason: String)

    var description: String {
        switch self {
        case .unknownHardware(let machine, let section, let name, let known):
            "\(machine): \(section) '\(name)' is unknown to UTM; expected one of \(known.joined(separator: ", "))"
        case .emptyName(let machine): "\(machine): its name has no letter, digit or space, so QEMU would get none"
        case .malformedMAC(let machine, let mac):
            "\(machine): '\(mac)' is not a machine's MAC address; expected six pairs of digits like D6:B6:67:57:6A:55, the first one even"
        case .malformedUUID(let machine, let uuid):
            "\(machine): '\(uuid)' is not a UUID; expected the form 6F9619FF-8B86-D011-B42D-00CF4FC964FF"
        case .duplicate(let what, let value, let machines):
            "\(machines.joined(separator: " and ")) have the same \(what), \(value)"
        case .duplicateDrive(let machine, let identifier):
            "\(machine): two drives are seen by the guest as '\(identifier)', the first 20 characters of their identifiers without dashes"
        case .notRegularName(let machine, let file):
            "\(machine): the drive's file '\(file)' is not a plain name in Data"
        case .missingFile(let machine, let file): "\(machine): its drive's file Data/\(file) is missing"
        case .unreferencedFile(let machine, let file):
            "\(machine): no drive uses Data/\(file), so UTM would delete it; move it somewhere else"
        case .notQcow2(let machine, let file):
            "\(machine): Data/\(file) is written by the machine and is not a qcow2 image, the only one that UTM keeps"
        case .backingFile(let machine, let file):
            "\(machine): Data/\(file) has a backing file, which UTM's sandbox does not let QEMU open; expected a full copy"
        case .writableCD(let machine, let file): "\(machine): the CD Data/\(file) must be read-only"
        case .overlappingDHCP(let machine, let end, let lowest, let owner):
            "\(machine): DHCP gives addresses up to \(end), and \(lowest) is \(owner)'s"
        case .differentSubnets(let machine, let subnet, let other):
            "\(machine): its network is \(subnet), and the others' is \(other); they could not reach each other"
        case .unreadable(let machine, let reason):
            "\(machine): UTM cannot read its package: \(reason). Bring the bundle up again, or make the package anew with 'slipway destroy' and 'slipway up'."
        case .noMemory(let machine): "\(machine): it has no memory or no processor"
        }
    }
}
