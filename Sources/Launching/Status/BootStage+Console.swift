extension BootStage {
    /// What a machine has written on its serial console tells how far its boot is: the applier's last line, cloud-init's own
    /// lines, or anything else. Nil when it has written nothing, which some images never do.
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
