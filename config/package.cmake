# What "cmake --install" puts where, and the Debian package that CPack makes
# of it.  Folders are GNUInstallDirs', below the prefix; what PAM and the
# daemon look for in /etc is there whatever the prefix.
include(GNUInstallDirs)

set(PORTCULLIS_LIBEXEC ${CMAKE_INSTALL_LIBEXECDIR}/portcullis)
set(PORTCULLIS_STAGE ${CMAKE_BINARY_DIR}/package)

# --- Programs ----------------------------------------------------------------

install(TARGETS portcullisd DESTINATION ${CMAKE_INSTALL_SBINDIR})
install(TARGETS portcullisctl DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS portcullis-monitor portcullis-pam portcullis-session
    portcullis-dialer DESTINATION ${PORTCULLIS_LIBEXEC})
# portcullisd finds the others from its own folder, so that a tree may be
# moved and a prefix chosen when it is installed.
file(RELATIVE_PATH from_sbin ${CMAKE_INSTALL_FULL_SBINDIR}
    ${CMAKE_INSTALL_FULL_LIBEXECDIR}/portcullis)
target_compile_definitions(base PRIVATE INSTALLATION_PROGRAMS="${from_sbin}")

# --- Configuration -----------------------------------------------------------

# What an administrator has changed is not written over.
function(install_configuration file destination)
    get_filename_component(name ${file} NAME)
    install(CODE "
        if(EXISTS \"\$ENV{DESTDIR}${destination}/${name}\")
            message(STATUS \"Kept: \$ENV{DESTDIR}${destination}/${name}\")
        else()
            file(INSTALL \"${CMAKE_SOURCE_DIR}/${file}\"
                DESTINATION \"${destination}\")
        endif()")
endfunction()

install_configuration(config/sshd_config /etc/portcullis)
install_configuration(config/sshd_config.d/forwarding.conf
    /etc/portcullis/sshd_config.d)
install_configuration(config/pam.d/portcullis /etc/pam.d)

# --- systemd -----------------------------------------------------------------

# The unit names the daemon's path, which is known when it is installed.
install(CODE "
    set(sbindir \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_SBINDIR}\")
    configure_file(\"${CMAKE_SOURCE_DIR}/config/systemd/portcullis.service.in\"
        \"${PORTCULLIS_STAGE}/portcullis.service\" @ONLY)")
install(FILES ${PORTCULLIS_STAGE}/portcullis.service
    config/systemd/portcullis.socket DESTINATION lib/systemd/system)
install(FILES config/sysusers.d/portcullis.conf DESTINATION lib/sysusers.d)
install(FILES config/tmpfiles.d/portcullis.conf DESTINATION lib/tmpfiles.d)

# --- Documents ---------------------------------------------------------------

# Compressed as distributions want them: -n leaves out name and time.
find_program(GZIP gzip REQUIRED)
function(install_compressed source name destination)
    set(packed ${PORTCULLIS_STAGE}/${name}.gz)
    add_custom_command(OUTPUT ${packed} DEPENDS ${source} ${ARGN}
        COMMAND ${CMAKE_COMMAND} -E make_directory ${PORTCULLIS_STAGE}
        COMMAND sh -c "'${GZIP}' -9nc '${source}' >'${packed}'" VERBATIM)
    string(MAKE_C_IDENTIFIER packed_${name} target)
    add_custom_target(${target} ALL DEPENDS ${packed})
    install(FILES ${packed} DESTINATION ${destination})
endfunction()

install_compressed(${CMAKE_SOURCE_DIR}/docs/man/portcullisd.8 portcullisd.8
    ${CMAKE_INSTALL_MANDIR}/man8)
install_compressed(${CMAKE_SOURCE_DIR}/docs/man/portcullisctl.1
    portcullisctl.1 ${CMAKE_INSTALL_MANDIR}/man1)
install_compressed(${PORTCULLIS_MANUAL}/portcullis_config.5
    portcullis_config.5 ${CMAKE_INSTALL_MANDIR}/man5 manual)
install_compressed(${CMAKE_SOURCE_DIR}/CHANGELOG.md changelog
    ${CMAKE_INSTALL_DOCDIR})
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
file(GLOB documents CONFIGURE_DEPENDS docs/*.md docs/*.svg)
install(FILES ${documents} DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs)
install(FILES config/sshd_config config/sshd_config.d/forwarding.conf
    DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)

# --- The Debian package ------------------------------------------------------

find_program(DPKG_QUERY dpkg-query)
if(NOT DPKG_QUERY)
    install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
    return()
endif()

set(PORTCULLIS_MAINTAINER "Portcullis packager <packager@portcullis.invalid>"
    CACHE STRING "Who makes the Debian package: Name <address>")

# The licence as a paragraph of Debian's copyright file.
file(STRINGS LICENSE lines)
foreach(line IN LISTS lines)
    if(line STREQUAL "")
        set(line ".")
    endif()
    string(APPEND licence " ${line}\n")
endforeach()
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
configure_file(config/debian/copyright.in ${PORTCULLIS_STAGE}/copyright @ONLY)
configure_file(config/debian/changelog.in
    ${PORTCULLIS_STAGE}/changelog.Debian @ONLY)
install(FILES ${PORTCULLIS_STAGE}/copyright
    DESTINATION ${CMAKE_INSTALL_DOCDIR})
install_compressed(${PORTCULLIS_STAGE}/changelog.Debian changelog.Debian
    ${CMAKE_INSTALL_DOCDIR})

# libssh is in our session program: whoever follows its updates, and its
# licence, has to be able to find that out.  A new libssh.a is asked again.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
    ${LIBSSH_ARCHIVE})
execute_process(COMMAND ${DPKG_QUERY} -S ${LIBSSH_ARCHIVE}
    OUTPUT_VARIABLE owner ERROR_QUIET)
if(owner MATCHES "^([^:]+)")
    execute_process(COMMAND ${DPKG_QUERY} -W
        -f "\${source:Package} (= \${source:Version})" ${CMAKE_MATCH_1}
        OUTPUT_VARIABLE built_using ERROR_QUIET)
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME portcullis)
set(CPACK_PACKAGE_CONTACT ${PORTCULLIS_MAINTAINER})
set(CPACK_SET_DESTDIR ON) # some destinations are absolute
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_SOURCE_DIR}/config/debian/folders.cmake)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
# CPack knows no such field; a value may hold a line break and the next field.
if(built_using)
    set(CPACK_DEBIAN_PACKAGE_PRIORITY "optional\nBuilt-Using: ${built_using}")
else()
    message(STATUS "The package will not name libssh's source (Built-Using): "
        "${LIBSSH_ARCHIVE} is no installed package's.")
endif()
# The libraries come from dpkg-shlibdeps.  PAM's file includes the common-*
# of libpam-runtime; useradd and userdel are passwd's, and the unit's kill is
# procps's.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
string(JOIN ", " CPACK_DEBIAN_PACKAGE_DEPENDS libpam-modules libpam-runtime
    passwd procps "init-system-helpers (>= 1.54)")
# ssh-keygen makes host keys, where no sshd has left any.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS openssh-client)
string(REGEX REPLACE "^An " "" CPACK_PACKAGE_DESCRIPTION_SUMMARY
    "${PROJECT_DESCRIPTION}")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "Portcullis stands on a bastion in place of sshd. Stock clients log in with a
key or through PAM, and ssh -L, -R, -D, -W and -J reach what an
sshd_config-style policy grants them. It has no shell, no command execution,
no file transfer, no agent and no X11.
.
The package listens on port 2222 and grants nothing until its configuration,
/etc/portcullis/sshd_config, says so.")
file(WRITE ${PORTCULLIS_STAGE}/conffiles
    "/etc/pam.d/portcullis\n/etc/portcullis/sshd_config\n"
    "/etc/portcullis/sshd_config.d/forwarding.conf\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${PORTCULLIS_STAGE}/conffiles
    ${CMAKE_SOURCE_DIR}/config/debian/postinst
    ${CMAKE_SOURCE_DIR}/config/debian/prerm
    ${CMAKE_SOURCE_DIR}/config/debian/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
