import HostSystem

extension BootStage {
    /// What a machine has written on its serial console in this boot tells how far it is; nil when it has written nothing,
    /// which some images never do.
    ///
    /// - Parameter path: the file that has the console's output.
    package init?(console path: String) {
        guard let bytes = (try? Files.read(path)).flatMap({ $0 }) else { return nil }
        self.init(console: String(decoding: bytes, as: UTF8.self)[...])
    }

    /// The applier's last line, cloud-init's own lines, or anything else.
    package init?(console text: Substring) {
        guard text.contains(where: { !$0.isWhitespace }) else { return nil }
        // The line before the login prompt may be long ago: the applier runs once a boot.
        if text.contains(/generation [0-9]+: [0-9]+ changed/) || text.contains("slipway-apply: ") {
            self = .applied
        } else if text.contains(/(placed|made|created|installed|waiting:) [^ ]/) {
            self = .applying
        } else if text.contains("Cloud-init v.") || text.contains("cloud-init[") {
            self = .cloudInit
        } else {
            self = .booting
        }
    }
}
