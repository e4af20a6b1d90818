import Launching

/// What the machines of one instance are called in UTM, and where their packages lie.
struct UTMNames: Hashable, Sendable {
    let paths: InstancePaths

    /// The name that UTM lists. Neither part can have a dot, so that no two instances ever make the same name: with a
    /// dash `lab` with `a-b` and `lab-a` with `b` would.
    func name(of machine: String) -> String { "\(paths.name).\(machine)" }

    /// UTM opens it in place and never moves it, because it lies outside of UTM's own directory.
    func package(of machine: String) -> String { "\(paths.machine(machine))/\(name(of: machine)).utm" }

    func record(of machine: String) -> String { "\(paths.machine(machine))/utm.json" }

    /// Where the drives are while the package is being replaced.
    func keptData(of machine: String) -> String { "\(paths.machine(machine))/Data.kept" }

    /// What is not whole yet, outside of the package, where UTM would find it.
    func begun(of machine: String) -> String { "\(paths.machine(machine))/disk.begun" }

    func snapshot(_ name: String, of machine: String) -> String { "\(paths.machine(machine))/snapshots/\(name).qcow2" }

    /// A name as UTM hands it on, to QEMU for one: letters, digits and spaces only.
    static func stripped(_ name: String) -> String {
        String(name.filter { $0.isLetter || $0.isNumber || $0 == " " })
    }
}
