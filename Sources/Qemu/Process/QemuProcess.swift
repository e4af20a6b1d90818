/// A running QEMU of an instance.
struct QemuProcess: Hashable, Sendable {
    let id: Int32
    /// Nil for the switch.
    let machine: String?

    /// - Parameters:
    ///   - arguments: the whole command line.
    ///   - tag: ``InstancePaths/tag``
    /// - Returns: nil for anything but a QEMU of this instance.
    init?(id: Int32, arguments: [String], tag: String) {
        guard let program = arguments.first?.split(separator: "/").last, program.hasPrefix(Self.program),
            let option = arguments.firstIndex(of: "-name"), option + 1 < arguments.count
        else { return nil }
        self.init(id: id, name: arguments[option + 1], tag: tag)
    }

    /// From a command line whose words are no longer apart, as `ps` prints it.
    init?(id: Int32, commandLine: String, tag: String) {
        // The program's path may have spaces; the first option is `-name`, whose value has none.
        guard let option = commandLine.firstRange(of: " -name \(tag)-"),
            let program = commandLine[..<option.lowerBound].split(separator: "/").last,
            program.hasPrefix(Self.program), !program.contains(" -")
        else { return nil }
        let name = commandLine[option.lowerBound...].dropFirst(" -name ".count).prefix { $0 != " " }
        self.init(id: id, name: String(name), tag: tag)
    }

    private init?(id: Int32, name: String, tag: String) {
        let names = QemuNames(tag: tag)
        self.id = id
        if name == names.switchProcess {
            machine = nil
            return
        }
        let prefix = names.process("")
        guard name.hasPrefix(prefix), name != prefix else { return nil }
        machine = String(name.dropFirst(prefix.count))
    }

    private static let program = "qemu-system-"
}
